/**
 * Whether the product finds a GPU as set-up leaves it: with TensorFlow's real CUDA build, the driver that is
 * none, and empty libraries in the place of CUDA's. Runs on demand, on any x86-64 Linux with gcc:
 * FORGERY_CLUES_CUDA_TENSORFLOW names the folder of libtensorflow_cc.so.2 of a CUDA build of 2.21.0, such as
 * that in the wheel `tensorflow`.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { seesNvidiaGpu } from "lib/engine/nvidia_gpu.ts";
import { compileLibrary, gccIsThere } from "../engine/made_library.ts";
import { runProgram } from "../engine/run_program.ts";
import { inFolder } from "../in_folder.ts";

const cudaBuild = Deno.env.get("FORGERY_CLUES_CUDA_TENSORFLOW");

/** What TensorFlow must open before it registers a GPU, in the folders of the wheels that hold it. */
const LIBRARIES = {
  cuda_runtime: ["libcudart.so.12"],
  cublas: ["libcublas.so.12", "libcublasLt.so.12"],
  cufft: ["libcufft.so.11"],
  cusolver: ["libcusolver.so.11"],
  cusparse: ["libcusparse.so.12"],
  cudnn: ["libcudnn.so.9"],
};

/** Site-packages with TensorFlow's files and empty libraries, and the driver's folder beside it. */
async function makeSite(folder: string, libraries: Partial<typeof LIBRARIES>): Promise<string> {
  const tensorflow = join(folder, "tensorflow");
  await Deno.mkdir(tensorflow);
  for await (const { name, isFile } of Deno.readDir(cudaBuild!)) {
    if (isFile && /^libtensorflow\w*\.so/.test(name)) {
      await Deno.copyFile(join(cudaBuild!, name), join(tensorflow, name)); // a link's place would count
    }
  }
  for (const [wheel, names] of Object.entries(libraries)) {
    for (const name of names) await compileLibrary(join(folder, "nvidia", wheel, "lib", name));
  }
  for (
    const [source, name] of [["libcuda.c", "libcuda.so.1"], [
      "libnvidia_ml.c",
      "libnvidia-ml.so.1",
    ]]
  ) {
    const text = await Deno.readTextFile(join(import.meta.dirname!, "fake_driver", source));
    await compileLibrary(join(folder, "driver", name), text);
  }
  return join(tensorflow, "libtensorflow_cc.so.2");
}

/** What TensorFlow says of GPUs while the engine starts; what comes after that fails, without a real one. */
async function saidOnStart(
  folder: string,
  library: string,
  options: { device?: "cpu" } = {},
): Promise<string> {
  const { errors } = await runProgram(
    `import { startEngine } from "lib/engine/engine.ts";
     await startEngine(${JSON.stringify({ library, ...options })});
     Deno.exit(0);`,
    {
      LD_LIBRARY_PATH: join(folder, "driver"),
      TF_CPP_MIN_LOG_LEVEL: "0",
      TF_CPP_MAX_VLOG_LEVEL: "1",
    },
  );
  return errors.filter((line) => /gpu_device|Cannot dlopen/.test(line)).join("\n");
}

Deno.test("startEngine leads TensorFlow's CUDA build to a GPU in the layout of the wheels", {
  ignore: cudaBuild === undefined || !gccIsThere,
}, async () => {
  await inFolder(async (folder) => {
    const said = await saidOnStart(folder, await makeSite(folder, LIBRARIES));
    assert.match(said, /Adding visible gpu devices: 0/);
    assert.doesNotMatch(said, /Cannot dlopen/);
  });
});

Deno.test("TensorFlow's CUDA build takes no GPU where cuSOLVER is nowhere", {
  ignore: cudaBuild === undefined || !gccIsThere,
}, async () => {
  await inFolder(async (folder) => {
    const { cusolver: _, ...others } = LIBRARIES;
    const said = await saidOnStart(folder, await makeSite(folder, others));
    assert.match(said, /Cannot dlopen some GPU libraries/);
    assert.doesNotMatch(said, /Adding visible gpu devices/);
  });
});

Deno.test("device: cpu leaves the GPU alone that TensorFlow's CUDA build finds", {
  ignore: cudaBuild === undefined || !gccIsThere,
}, async () => {
  await inFolder(async (folder) => {
    const said = await saidOnStart(folder, await makeSite(folder, LIBRARIES), { device: "cpu" });
    assert.doesNotMatch(said, /Adding visible gpu devices|Created device/);
  });
});

Deno.test("startEngine is quiet on TensorFlow's CUDA build without a driver, and computes", {
  ignore: cudaBuild === undefined || seesNvidiaGpu(),
}, async () => {
  const library = join(cudaBuild!, "libtensorflow_cc.so.2");
  const { errors, output } = await runProgram(
    `import * as tf from "@tensorflow/tfjs";
     import { startEngine } from "lib/engine/engine.ts";
     const { device } = await startEngine({ library: ${JSON.stringify(library)} });
     console.log(device, tf.add(1, 2).dataSync()[0]);
     Deno.exit(0);`,
  );
  assert.deepEqual({ errors, output }, { errors: [], output: "CPU:0 3\n" });
});
