/**
 * A library that stands for TensorFlow's, compiled by gcc: every function of the C API is there and
 * does nothing, but for what tests of loading want to see.
 */
import { join } from "node:path";
import { TENSORFLOW_SYMBOLS } from "lib/engine/c_api_symbols.ts";

/** Whether gcc is there to make it. */
export const gccIsThere: boolean = Deno.build.os === "linux" &&
  await new Deno.Command("gcc", { args: ["--version"], stdout: "null", stderr: "null" }).output()
    .then(({ success }) => success, () => false);

/** What the CUDA build of 2.21.0 prints on a machine without a driver, when it makes its context. */
export const CU_INIT_ERROR =
  "E0000 00:00:1775013762.112517   12260 cuda_platform.cc:52] failed call to cuInit: " +
  "INTERNAL: CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)";

/** What it prints there when it is loaded. */
export const NO_DRIVER =
  "I0000 00:00:1795865218.906000    3881 cudart_stub.cc:31] Could not find cuda drivers on your machine, " +
  "GPU will not be used.";

/**
 * Functions that answer something; `CUDA` is 1 in a CUDA build. cuSOLVER is found where it was opened
 * before: a machine with CUDA has one of its own, which a search would find.
 */
const ANSWERS: Record<string, string> = {
  _ZN10tensorflow19IsGoogleCudaEnabledEv: "int NAME(){return CUDA;}",
  TF_Version: 'const char*NAME(){return "2.21.0";}',
  TF_DeviceListCount: "int NAME(){return 1;}",
  TF_DeviceListName: 'const char*NAME(){return "/job:localhost/replica:0/task:0/device:CPU:0";}',
  TF_DeviceListType: 'const char*NAME(){return "CPU";}',
  TFE_NewContext: `long NAME(){
    if (CUDA) fprintf(stderr, ${JSON.stringify(CU_INIT_ERROR + "\n")});
    puts(dlopen("libcusolver.so.11", RTLD_NOW | RTLD_NOLOAD) ? "cuSOLVER is found" : "cuSOLVER is not found");
    fflush(stdout);
    return 1;
  }`,
};

/** Compiles a text of C into a shared library, known to the loader by its file's name. */
export async function compileLibrary(path: string, text = ""): Promise<void> {
  const soname = path.split("/").at(-1)!;
  await Deno.mkdir(path.slice(0, -soname.length), { recursive: true });
  const gcc = new Deno.Command("gcc", {
    args: ["-w", "-shared", "-fPIC", "-o", path, `-Wl,-soname,${soname}`, "-x", "c", "-"],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const writer = gcc.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stderr } = await gcc.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/**
 * Makes a folder like site-packages with the library where TensorFlow's wheel has it.
 *
 * @returns The library's path.
 */
export async function makeTensorFlow(
  sitePackages: string,
  { cuda }: { cuda: boolean },
): Promise<string> {
  const names = Object.entries(TENSORFLOW_SYMBOLS)
    .map(([key, symbol]) => "name" in symbol ? symbol.name : key);
  const functions = [...new Set(names)].map((name) =>
    (ANSWERS[name] ?? "long NAME(){return 0;}").replace("NAME", name)
  );
  const path = join(sitePackages, "tensorflow", "libtensorflow_cc.so.2");
  const head = ["#include <dlfcn.h>", "#include <stdio.h>", `#define CUDA ${cuda ? 1 : 0}`];
  if (cuda) {
    head.push(
      `__attribute__((constructor)) void loaded(){fprintf(stderr, ${
        JSON.stringify(NO_DRIVER + "\n")
      });}`,
    );
  }
  await compileLibrary(path, [...head, ...functions, ""].join("\n"));
  return path;
}
