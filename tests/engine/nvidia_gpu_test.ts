import assert from "node:assert/strict";
import { join } from "node:path";
import { openNative } from "lib/engine/native_library.ts";
import { assertThere, assertUsed, idleGpu, seesNvidiaGpu } from "lib/engine/nvidia_gpu.ts";
import {
  compileLibrary,
  CU_INIT_ERROR,
  gccIsThere,
  makeTensorFlow,
  NO_DRIVER,
} from "./made_library.ts";
import { runProgram } from "./run_program.ts";

const ignore = !gccIsThere;
const CPU = { name: "/job:localhost/replica:0/task:0/device:CPU:0", type: "CPU" };

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** What a process says that starts the engine on a made-up library. */
const start = (library: string, env: Record<string, string> = {}) =>
  runProgram(
    `
    import { startEngine } from "lib/engine/engine.ts";
    const { device } = await startEngine({ library: ${JSON.stringify(library)} });
    console.log(device);
  `,
    env,
  );

const makeCusolver = (site: string) =>
  compileLibrary(join(site, "nvidia", "cusolver", "lib", "libcusolver.so.11"));

Deno.test("startEngine opens the wheel's cuSOLVER before a CUDA build looks for it", {
  ignore,
}, async () => {
  await using site = await temporaryFolder();
  const library = await makeTensorFlow(site.path, { cuda: true });
  assert.equal((await start(library)).output, "cuSOLVER is not found\nCPU:0\n");
  await makeCusolver(site.path);
  assert.equal((await start(library)).output, "cuSOLVER is found\nCPU:0\n");
});

Deno.test("startEngine opens no cuSOLVER for a build without CUDA", { ignore }, async () => {
  await using site = await temporaryFolder();
  const library = await makeTensorFlow(site.path, { cuda: false });
  await makeCusolver(site.path);
  assert.equal((await start(library)).output, "cuSOLVER is not found\nCPU:0\n");
});

Deno.test(
  "startEngine starts where the wheel's cuSOLVER cannot be opened",
  { ignore },
  async () => {
    await using site = await temporaryFolder();
    const library = await makeTensorFlow(site.path, { cuda: true });
    const folder = join(site.path, "nvidia", "cusolver", "lib");
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(join(folder, "libcusolver.so.11"), "no machine code");
    const { code, output } = await start(library);
    assert.deepEqual({ code, output }, { code: 0, output: "cuSOLVER is not found\nCPU:0\n" });
  },
);

Deno.test("startEngine keeps quiet what the CUDA build says where there is no GPU", {
  ignore: ignore || seesNvidiaGpu(),
}, async () => {
  await using site = await temporaryFolder();
  const library = await makeTensorFlow(site.path, { cuda: true });
  assert.deepEqual((await start(library)).errors, []);
  assert.deepEqual((await start(library, { TF_CPP_MIN_LOG_LEVEL: "0" })).errors, [
    NO_DRIVER,
    CU_INIT_ERROR,
  ]);
});

Deno.test("seesNvidiaGpu looks for the driver's device file, or Windows' driver", async () => {
  for (const file of ["dev/nvidia0", "dev/nvidia11", "usr/lib/wsl/lib/libcuda.so.1"]) {
    await using root = await temporaryFolder();
    assert.equal(seesNvidiaGpu(root.path), false);
    await Deno.mkdir(join(root.path, file, ".."), { recursive: true });
    await Deno.writeTextFile(join(root.path, "dev-null"), "");
    assert.equal(seesNvidiaGpu(root.path), false);
    await Deno.writeTextFile(join(root.path, file), "");
    assert.equal(seesNvidiaGpu(root.path), true, file);
  }
});

Deno.test("seesNvidiaGpu takes the driver's control files for no GPU", async () => {
  await using root = await temporaryFolder();
  await Deno.mkdir(join(root.path, "dev"));
  for (const name of ["nvidiactl", "nvidia-uvm"]) {
    await Deno.writeTextFile(join(root.path, "dev", name), "");
  }
  assert.equal(seesNvidiaGpu(root.path), false);
});

Deno.test("idleGpu says which library keeps TensorFlow from the GPU", { ignore }, async () => {
  await using site = await temporaryFolder();
  const library = await makeTensorFlow(site.path, { cuda: true });
  const inTurn = [
    ["libcuda.so.1"],
    [
      "libcudart.so.12",
      "libcublas.so.12",
      "libcublasLt.so.12",
      "libcusparse.so.12",
      "libcufft.so.11",
    ],
    ["libcusolver.so.11", "libcudnn.so.9"],
  ].map((names) => names.map((name) => join(site.path, "libraries", name)));
  for (const path of inTurn.flat()) await compileLibrary(path);
  // A process of its own: where there is a GPU, this one has the real libraries open.
  const { output } = await runProgram(
    `
    import { openNative } from "lib/engine/native_library.ts";
    import { idleGpu } from "lib/engine/nvidia_gpu.ts";
    const native = openNative(${JSON.stringify(library)});
    const say = () => console.log(idleGpu(native, {
      device: ${JSON.stringify(CPU)},
      gpu: true,
      options: {},
    }));
    say();
    for (const paths of ${JSON.stringify(inTurn)}) {
      for (const path of paths) Deno.dlopen(path, {});
      say();
    }
  `,
    { CUDA_VISIBLE_DEVICES: "0" },
  );
  const [nothing, driver, some, all] = output.split("\n");
  assert.match(nothing, /seems to be there.*libcuda\.so\.1 could not be opened: install NVIDIA's/);
  assert.match(driver, /driver gives it no GPU \(`nvidia-smi`/);
  assert.match(some, /could not open libcusolver\.so\.11, libcudnn\.so\.9: delete/);
  assert.match(all, /All libraries that it needs are open/);
});

Deno.test("idleGpu is silent where a GPU is used, none is there, or none is wanted", {
  ignore,
  sanitizeResources: false,
}, async () => {
  await using site = await temporaryFolder();
  const native = openNative(await makeTensorFlow(site.path, { cuda: true }));
  const idle = { device: CPU, gpu: true, options: {} };
  assert.notEqual(idleGpu(native, idle), undefined);
  assert.equal(idleGpu(native, { ...idle, device: { ...CPU, type: "GPU" } }), undefined);
  assert.equal(idleGpu(native, { ...idle, gpu: false }), undefined);
  assert.equal(idleGpu(native, { ...idle, options: { device: "cpu" } }), undefined);
  const before = Deno.env.get("CUDA_VISIBLE_DEVICES");
  try {
    for (const [value, silent] of [["", true], ["-1", true], ["0", false]] as const) {
      Deno.env.set("CUDA_VISIBLE_DEVICES", value);
      assert.equal(idleGpu(native, idle) === undefined, silent, value);
    }
  } finally {
    if (before === undefined) Deno.env.delete("CUDA_VISIBLE_DEVICES");
    else Deno.env.set("CUDA_VISIBLE_DEVICES", before);
  }
});

Deno.test(
  "idleGpu says how to get the CUDA build where the other one is installed, unless that is wanted",
  {
    ignore,
    sanitizeResources: false,
  },
  async () => {
    await using site = await temporaryFolder();
    const native = openNative(await makeTensorFlow(site.path, { cuda: false }));
    const said = () => idleGpu(native, { device: CPU, gpu: true, options: {} });
    const before = Deno.env.get("FORGERY_CLUES_GPU");
    try {
      Deno.env.delete("FORGERY_CLUES_GPU");
      assert.match(said()!, /build for processors alone: FORGERY_CLUES_GPU=1 deno task doctor/);
      Deno.env.set("FORGERY_CLUES_GPU", "0");
      assert.equal(said(), undefined);
    } finally {
      if (before === undefined) Deno.env.delete("FORGERY_CLUES_GPU");
      else Deno.env.set("FORGERY_CLUES_GPU", before);
    }
  },
);

Deno.test("assertThere refuses a GPU that is not there, and names the devices that are", async () => {
  const before = Deno.env.get("CUDA_VISIBLE_DEVICES");
  Deno.env.delete("CUDA_VISIBLE_DEVICES");
  try {
    await using root = await temporaryFolder();
    for (const device of [undefined, "cpu"] as const) assertThere(device, root.path);
    assert.throws(() => assertThere("gpu:0", root.path), {
      name: "RangeError",
      message: "The device gpu:0 is not there. What is there: cpu.",
    });
    await Deno.mkdir(join(root.path, "dev"));
    for (const i of [0, 1]) await Deno.writeTextFile(join(root.path, `dev/nvidia${i}`), "");
    assertThere("gpu:1", root.path);
    assert.throws(() => assertThere("gpu:2", root.path), /gpu:2 is not.*: cpu, gpu:0, gpu:1\.$/);
    Deno.env.set("CUDA_VISIBLE_DEVICES", "1");
    assert.throws(() => assertThere("gpu:1", root.path), /: cpu, gpu:0\.$/);
  } finally {
    if (before === undefined) Deno.env.delete("CUDA_VISIBLE_DEVICES");
    else Deno.env.set("CUDA_VISIBLE_DEVICES", before);
  }
});

Deno.test("startEngine refuses a GPU that is not there before anything runs", async () => {
  const { output } = await runProgram(
    `
    import { startEngine } from "lib/engine/engine.ts";
    const refused = await startEngine({ device: "gpu:0" }).catch((error) => error.message);
    const { device } = await startEngine({ device: "cpu" });
    console.log(refused, device);
    Deno.exit(0);
  `,
    { CUDA_VISIBLE_DEVICES: "" },
  );
  assert.equal(output, "The device gpu:0 is not there. What is there: cpu. CPU:0\n");
});

Deno.test("assertUsed refuses a processor in the place of a GPU that was asked for, with the reason", () => {
  const notice = "It could not open libcudnn.so.9.", found = { device: CPU, notice };
  for (const wanted of [undefined, "cpu"] as const) assertUsed(wanted, found);
  assertUsed("gpu:0", { device: { ...CPU, type: "GPU" }, notice: undefined });
  assert.throws(
    () => assertUsed("gpu:0", found),
    /gpu:0 cannot be used\. It could not open libcudnn/,
  );
});
