/** PyTorch for the bench, in an environment of its own: .cache/bench-torch, never .venv. */
import { join } from "node:path";
import { type Project, projectEnvironment } from "../setup/project.ts";
import type { Step } from "../setup/setup_steps.ts";
import type { Contender } from "./contender.ts";
import { makeOwnEnvironment } from "./own_environment.ts";

/** The version that is compared with. */
const TORCH_VERSION = "2.13.0";

/** PyTorch, and where the detectors' backbones come from; torchvision is what timm needs. */
const PACKAGES = [`torch==${TORCH_VERSION}`, "torchvision==0.28.0", "timm==1.0.31"];

/** The step that makes the environment; a killed one is made anew, from what was downloaded. */
export function torchStep(project: Project): Step {
  const own = torchProject(project);
  const chosen = Deno.env.get("FORGERY_CLUES_PYTHON");
  return {
    name: "bench-torch",
    title: `PyTorch ${TORCH_VERSION} for the bench`,
    gigabytes: 8, // the index's default build for Linux brings CUDA along; the CPU build takes 1
    inputs: () => Promise.resolve([project.root, chosen ?? "", ...PACKAGES]),
    async run({ report }) {
      const paths = await makeOwnEnvironment(own, {
        packages: PACKAGES,
        what: "PyTorch",
        environment: "the environment of the bench",
        python: chosen,
        report,
      });
      await Deno.mkdir(compiledFolder(project), { recursive: true });
      return { paths: [...paths, compiledFolder(project)] };
    },
  };
}

/** PyTorch as the bench's peer, on `threads` threads. */
export function torchContender(project: Project, options: { threads: number }): Contender {
  const own = torchProject(project);
  const threads = String(options.threads);
  const compiled = compiledFolder(project);
  return {
    variants: () => ["contiguous", "channels_last"],
    refine: (layout) => [`compile_${layout}`],
    worker: {
      name: "PyTorch",
      command: [own.python, "-B", join(import.meta.dirname!, "torch_worker.py")],
      cwd: project.root,
      env: {
        ...projectEnvironment(project),
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
function torchProject(project: Project): Project {
  const venv = join(project.cache, "bench-torch");
  return { ...project, venv, python: project.python.replace(project.venv, venv) };
}
