/**
 * PyTorch for the bench, in an environment of its own, never .venv: .cache/bench-torch, for a GPU
 * .cache/bench-torch-cuda. Or a Python of somebody else's that has it.
 */
import { join } from "node:path";
import type { DeviceName } from "lib/engine/eager_context.ts";
import { type Project, projectEnvironment } from "../setup/project.ts";
import { runCommand } from "../setup/run_command.ts";
import { SetUpFailure } from "../setup/setup_failure.ts";
import type { Step } from "../setup/setup_steps.ts";
import type { Contender } from "./contender.ts";
import { makeOwnEnvironment } from "./own_environment.ts";
import { deviceEnvironment, type SideOptions } from "./worker_protocol.ts";

/** The version that is compared with. */
const TORCH_VERSION = "2.13.0";

/** PyTorch, and where the detectors' backbones come from; torchvision is what timm needs. */
const PACKAGES = [`torch==${TORCH_VERSION}`, "torchvision==0.28.0", "timm==1.0.31"];

/** Whether a GPU is asked for. */
const isGpu = (device: DeviceName = "cpu") => device !== "cpu";

/** The environment's name, and its folder's. */
const environmentName = (device?: DeviceName) => isGpu(device) ? "bench-torch-cuda" : "bench-torch";

/** The step that makes the environment; a killed one is made anew, from what was downloaded. */
export function torchStep(project: Project, device?: DeviceName): Step {
  const own = torchProject(project, device), name = environmentName(device);
  const chosen = Deno.env.get("FORGERY_CLUES_PYTHON");
  return {
    name,
    title: `PyTorch ${TORCH_VERSION} for the bench${isGpu(device) ? " on a GPU" : ""}`,
    gigabytes: 8, // PyPI's build for Linux brings CUDA along; the one for processors alone takes 1
    inputs: () => Promise.resolve([project.root, chosen ?? "", ...PACKAGES]),
    async run({ report }) {
      const paths = await makeOwnEnvironment(own, {
        packages: PACKAGES,
        what: "PyTorch",
        environment: "the environment of the bench",
        python: chosen,
        report,
      });
      if (isGpu(device)) await assertCuda(own.python);
      await Deno.mkdir(compiledFolder(project), { recursive: true });
      return { paths: [...paths, compiledFolder(project)] };
    },
  };
}

/** PyPI's wheel for Linux on x86-64 has CUDA; others, and other indexes, may have a processor's alone. */
async function assertCuda(python: string): Promise<void> {
  const program = "import torch; print(torch.version.cuda)";
  const { lines } = await runCommand([python, "-c", program]);
  if (/^\d+\./.test(lines.at(-1) ?? "")) return;
  throw new SetUpFailure(
    `pip installed a PyTorch ${TORCH_VERSION} without CUDA, which can use no GPU.`,
    "Name a Python that has one with CUDA: --python PATH; or see to pip's index.",
  );
}

/**
 * PyTorch as the bench's peer, by default on the processor. On a GPU its steps are also replayed as CUDA graphs,
 * which spares it the launching of each operation.
 *
 * @param options `python`: the program of an environment that has PyTorch; left out, that of `torchStep`.
 */
export function torchContender(
  project: Project,
  options: SideOptions & { python?: string },
): Contender {
  const { device = "cpu", python } = options;
  const threads = String(options.threads);
  const compiled = compiledFolder(project);
  Deno.mkdirSync(compiled, { recursive: true });
  const graph = isGpu(device) ? ["graph_channels_last"] : [];
  return {
    variants: () => ["contiguous", "channels_last", ...graph],
    refine: (best) => [`compile_${best.replace("graph_", "")}`],
    worker: {
      name: "PyTorch",
      command: [
        python ?? torchProject(project, device).python,
        "-B",
        join(import.meta.dirname!, "torch_worker.py"),
      ],
      cwd: project.root,
      env: {
        ...python === undefined ? projectEnvironment(project) : {}, // which would hide packages from it
        ...deviceEnvironment({ ...options, device }),
        OMP_NUM_THREADS: threads,
        MKL_NUM_THREADS: threads,
        TORCHINDUCTOR_CACHE_DIR: compiled,
        TMPDIR: compiled, // it keeps compiled headers in the temporary folder, whatever the above says
        TORCHINDUCTOR_COMPILE_THREADS: threads,
        HF_HUB_OFFLINE: "1", // timm's weights are not wanted: networks are filled from the formula
      },
    },
  };
}

/** Where torch.compile keeps what it built. */
function compiledFolder(project: Project): string {
  return join(project.cache, "bench-torch-compiled");
}

/** The project with the bench's environment in the place of .venv. */
function torchProject(project: Project, device?: DeviceName): Project {
  const venv = join(project.cache, environmentName(device));
  return { ...project, venv, python: project.python.replace(project.venv, venv) };
}
