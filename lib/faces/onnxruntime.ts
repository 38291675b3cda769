/**
 * The one door to onnxruntime, with its telemetry shut off before the library is opened. By itself
 * version 1.30 writes a device's id and a database below HOME and logs into the system's temporary
 * folder, and holds an address to send them to: people look at licensed faces here.
 */

/**
 * The package onnxruntime-node; its library is opened by the first call of a process.
 *
 * A function, and no import at the top of a file, for two reasons: imports run before any other line, and
 * a thread whose file awaits something at its top loses what it is asked meanwhile.
 */
export async function openOnnxruntime(): Promise<typeof import("onnxruntime-node")> {
  // The library reads the environment of the process, which all its threads share.
  Deno.env.set("ORT_DISABLE_TELEMETRY", "1");
  return await import("onnxruntime-node");
}
