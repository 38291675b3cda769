/** Where PyTorch's side of the bench computes: torch_device.py with a PyTorch that is none, and how it is started. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { torchContender, torchStep } from "lib/tasks/bench/torch_environment.ts";
import { PROJECT, projectAt } from "lib/tasks/setup/project.ts";
import { inFolder } from "../../in_folder.ts";

/** A `torch` of 2 GPUs, or without CUDA, and `say`, which gives the value of an expression or its error. */
const FAKE = `
import json, sys
from types import SimpleNamespace as Of
sys.dont_write_bytecode = True
sys.path.insert(0, ${
  JSON.stringify(fileURLToPath(new URL("../../../lib/tasks/bench", import.meta.url)))
})
from torch_device import *
def torch(gpus, cuda, bfloat16=True):
    return Of(__version__="9.0", version=Of(cuda=cuda), float32="f32", bfloat16="bf16", float16="f16",
              device=lambda kind, index=None: Of(type=kind, index=index),
              backends=Of(cuda=Of(matmul=Of(allow_tf32=None)), cudnn=Of(allow_tf32=None, version=lambda: 91900)),
              cuda=Of(is_available=lambda: gpus > 0, device_count=lambda: gpus,
                      is_bf16_supported=lambda emulated: bfloat16, get_device_name=lambda *_: "a card",
                      max_memory_allocated=lambda _: 5, max_memory_reserved=lambda _: 7))
class Matrix(float):
    def __matmul__(self, other):
        return {(0, 0): self * other}
def matrices(steps): # of which products round their factors to that share of 1
    return Of(full=lambda _, value, device: Matrix(round(value * steps) / steps), eye=lambda _, device: 1)
two, none, old = torch(2, "13.0"), torch(0, None), torch(1, "12.6", bfloat16=False)
gpu, cpu = two.device("cuda", 1), two.device("cpu")
answers = []
def say(f):
    try:
        answers.append(f())
    except Exception as error:
        answers.append(f"{type(error).__name__}: {error}")
`;

/** What each expression gives. */
async function answersOf(...expressions: string[]): Promise<unknown[]> {
  const lines = expressions.map((one) => `say(lambda: ${one})`);
  const program = [FAKE, ...lines, "print(json.dumps(answers))"].join("\n");
  const { stdout, stderr } = await new Deno.Command(PROJECT.python, { args: ["-c", program] })
    .output();
  const text = new TextDecoder().decode(stdout);
  return JSON.parse(text || new TextDecoder().decode(stderr)) as unknown[];
}

Deno.test("chosen_device is the one of the bench's name, or says what PyTorch sees", async () => {
  const [second, processor, beyond, without] = await answersOf(
    'vars(chosen_device("gpu:1", two))',
    'vars(chosen_device("cpu", none))',
    'chosen_device("gpu:2", two)',
    'chosen_device("gpu:0", none)',
  );
  assert.deepEqual(second, { type: "cuda", index: 1 });
  assert.deepEqual(processor, { type: "cpu", index: null });
  assert.match(
    `${beyond}`,
    /9\.0, built for CUDA 13\.0, sees no gpu:2. It sees: cpu, gpu:0, gpu:1/,
  );
  assert.match(`${without}`, /built for processors alone, sees no gpu:0. It sees: cpu$/);
});

Deno.test("element_type refuses bfloat16 where a card only emulates it, TF32 is switched for both", async () => {
  const types = await answersOf(
    'element_type("float16", gpu, two)',
    'element_type("bfloat16", gpu, two)',
    'element_type("bfloat16", gpu, old)',
    'element_type("bfloat16", cpu, old)',
  );
  assert.deepEqual(types, ["f16", "bf16", "Refused: a card has no bfloat16", "bf16"]);
  const [, switched, title] = await answersOf(
    "allow_tensor_float32(False, two)",
    "[two.backends.cuda.matmul.allow_tf32, two.backends.cudnn.allow_tf32]",
    "title(gpu, two)",
  );
  assert.deepEqual(switched, [false, false]);
  assert.equal(title, "a card, CUDA 13.0, cuDNN 91900");
  const rounds = await answersOf(
    "rounds_to_tensor_float32(gpu, matrices(2 ** 10))",
    "rounds_to_tensor_float32(gpu, matrices(2 ** 23))",
  );
  assert.deepEqual(rounds, [true, false]);
});

Deno.test("most_memory counts a GPU's alone", async () => {
  const memory = await answersOf("most_memory(gpu, two)", "most_memory(cpu, two)");
  assert.deepEqual(memory, [{ allocated: 5, reserved: 7 }, {}]);
});

Deno.test("torchContender on a GPU is another environment, with CUDA graphs among its ways", async () => {
  await inFolder((root) => {
    const project = projectAt(root);
    const processor = torchContender(project, { threads: 3 });
    const gpu = torchContender(project, { threads: 3, device: "gpu:1", tensorFloat32: false });
    const one = { work: "training", precision: "float32", batch: 1, detector: "mesonet" } as const;
    assert.deepEqual(processor.variants(one), ["contiguous", "channels_last"]);
    assert.deepEqual(gpu.variants(one).at(-1), "graph_channels_last");
    assert.deepEqual(gpu.refine!("graph_channels_last"), ["compile_channels_last"]);
    const told = ({ worker: { command, env } }: typeof gpu) => [
      /bench-torch[a-z-]*/.exec(command[0]!)![0],
      env["FORGERY_CLUES_BENCH_DEVICE"],
      env["FORGERY_CLUES_BENCH_TF32"],
      env["OMP_NUM_THREADS"],
    ];
    assert.deepEqual(told(processor), ["bench-torch", "cpu", "1", "3"]);
    assert.deepEqual(told(gpu), ["bench-torch-cuda", "gpu:1", "0", "3"]);
    const names = (["cpu", "gpu:0"] as const).map((device) => torchStep(project, device).name);
    assert.deepEqual(names, ["bench-torch", "bench-torch-cuda"]);
    return Promise.resolve();
  });
});

Deno.test("torchContender leaves a given Python its packages", async () => {
  await inFolder((root) => {
    const options = { threads: 1, python: "/opt/torch/bin/python" };
    const { command, env } = torchContender(projectAt(root), options).worker;
    assert.equal(command[0], options.python);
    assert.equal("PYTHONPATH" in env || "PYTHONNOUSERSITE" in env, false);
    return Promise.resolve();
  });
});
