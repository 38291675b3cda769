/** A thread for tests: it answers with twice the number it is asked, or ends with an error. */
import { parentPort } from "node:worker_threads";

parentPort!.on("message", (message: { id: number; number: number } | { stop: string }) => {
  if ("stop" in message) throw new Error(message.stop);
  parentPort!.postMessage({ id: message.id, double: 2 * message.number });
});
