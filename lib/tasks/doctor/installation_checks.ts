/**
 * What `deno task doctor` looks at, one function each. Looking changes nothing; printing is left to
 * doctor.ts.
 */

import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../setup/run_command.ts";
import { type Project, projectEnvironment } from "../setup/project.ts";
import { judgeProduct } from "./judge_product.ts";
import { FACE_DETECTOR, FFMPEG_WHEEL } from "../setup/library_wheels.ts";

/** What a check found. */
export interface Finding {
  /** What was looked at. */
  name: string;
  /** What is there, or what is wrong. */
  detail: string;
  /** What to do; there only when something is broken. */
  remedy?: string;
}

const TF32_REMARK =
  "Its float32 products round their factors to TF32, 10 bits of mantissa instead of 23, which is fast and " +
  "usual; NVIDIA_TF32_OVERRIDE=0 in the environment switches it off";

const REPAIR = "Delete the folders .venv and node_modules and run the command again.";

/** The Deno that runs this and the one that kernels are started with. */
export async function checkDeno(project: Project): Promise<Finding> {
  const name = "Deno";
  const { code, lines } = await runCommand([project.deno, "--version"]);
  const copy = /^deno ([\d.]+)/.exec(lines[0] ?? "")?.[1];
  if (code === 0 && copy === Deno.version.deno) return { name, detail: copy };
  return {
    name,
    detail: `the copy for kernels, ${project.deno}, does not run`,
    remedy: "Delete the folder .cache/deno and run the command again.",
  };
}

/** The Python packages of the environment against their pins. */
export async function checkPythonPackages(project: Project): Promise<Finding> {
  const name = "Python packages";
  const text = await Deno.readTextFile(join(project.root, "requirements.txt"));
  const pins = [...text.matchAll(/^([\w-]+==[\w.]+)$/gm)].map((match) => match[1]!);
  const question = `import sys, importlib.metadata as m
print(sys.version.split()[0])
for pin in sys.argv[1:]:
    package, wanted = pin.split("==")
    try: found = m.version(package)
    except m.PackageNotFoundError: found = "missing"
    if found != wanted: print(f"{package} is {found}, not {wanted}")`;
  const answer = await runCommand(
    [project.python, "-c", question, ...pins, FACE_DETECTOR],
    { env: projectEnvironment(project) },
  );
  if (answer.code !== 0) {
    return { name, detail: `the environment's Python does not run`, remedy: REPAIR };
  }
  const [version, ...wrong] = answer.lines;
  if (wrong.length > 0) return { name, detail: wrong.join("; "), remedy: REPAIR };
  return { name, detail: `Python ${version}, ${pins.length + 1} packages as pinned` };
}

/** The npm packages of node_modules against deno.json. */
export async function checkNpmPackages(project: Project): Promise<Finding> {
  const name = "npm packages";
  const { imports } = JSON.parse(await Deno.readTextFile(join(project.root, "deno.json"))) as {
    imports: Record<string, string>;
  };
  const pins = Object.values(imports).flatMap((target) => {
    const pin = /^npm:(.+)@([^@]+)$/.exec(target);
    return pin === null ? [] : [{ package: pin[1]!, wanted: pin[2]! }];
  });
  const wrong: string[] = [];
  for (const pin of pins) {
    const file = join(project.root, "node_modules", pin.package, "package.json");
    const found = await Deno.readTextFile(file).then(
      (text) => (JSON.parse(text) as { version: string }).version,
      () => "missing",
    );
    if (found !== pin.wanted) wrong.push(`${pin.package} is ${found}, not ${pin.wanted}`);
  }
  if (wrong.length > 0) return { name, detail: wrong.join("; "), remedy: REPAIR };
  return { name, detail: `${pins.length} packages as pinned` };
}

/** Whether the tensor engine loads and computes. The plain backend is a finding, not a fault. */
export async function checkTensors(project: Project): Promise<Finding> {
  const name = "Tensor engine";
  const program = join(project.root, "lib", "tasks", "doctor", "multiply_matrices.ts");
  const { code, lines } = await runCommand([project.deno, "run", "-A", program], {
    cwd: project.root,
    env: { ...projectEnvironment(project), NO_COLOR: "1" },
  });
  const answer = lines.findLast((line) => line.startsWith("{"));
  if (code !== 0 || answer === undefined) {
    const last = lines.findLast((line) => line.startsWith("error: Uncaught")) ?? // the trace is behind it
      lines.findLast((line) => line.trim() !== "") ?? "no output";
    const asked = Deno.env.get("FORGERY_CLUES_BACKEND");
    return {
      name,
      detail: `it does not start (exit code ${code}): ${last}`,
      remedy: asked
        ? "Unset FORGERY_CLUES_BACKEND, or do as the line says."
        : "Delete .cache/setup/tensorflow.json and run the command again; if it stays so, " +
          "the wheel does not fit this machine: report it with this line.",
    };
  }
  const found = JSON.parse(answer) as
    & Record<"backend" | "device" | "title" | "version" | "notice", string>
    & { error: number };
  const where = `${found.backend} ${found.version} on ${found.title}`;
  const rounding = judgeProduct(found);
  if (rounding === "wrong") {
    return {
      name,
      detail: `${where} computes wrongly: a product is off by ${found.error} of its terms' sizes`,
      remedy: "Report this line; until then, delete .venv/lib/*/site-packages/tensorflow to use " +
        "the plain backend.",
    };
  }
  const remarks = [
    ...rounding === "TF32" ? [TF32_REMARK] : [],
    ...found.notice === undefined ? [] : [found.notice],
  ];
  return { name, detail: [where, ...remarks].join(". ") };
}

/** Whether Jupyter finds the Deno kernel, and the kernel its Deno. */
export async function checkKernel(project: Project): Promise<Finding> {
  const name = "Jupyter kernel";
  const { code, lines } = await runCommand(
    [project.python, "-m", "jupyter_client.kernelspecapp", "list", "--json"],
    { env: projectEnvironment(project) },
  );
  const text = lines.join("\n");
  const listing = code === 0 ? JSON.parse(text.slice(text.indexOf("{"))) : {};
  const found = (listing as { kernelspecs?: Record<string, { spec: { argv: string[] } }> })
    .kernelspecs?.deno;
  if (found?.spec.argv.includes(project.deno)) return { name, detail: "found by Jupyter" };
  return {
    name,
    detail: "Jupyter does not find this project's Deno kernel",
    remedy: "Delete .cache/setup/kernel.json and run the command again.",
  };
}

/** The face detector's weights against their hash. */
export async function checkFaceDetector(): Promise<Finding> {
  const name = "Face detector";
  try {
    const { RETINAFACE_SHA256, retinafaceWeights } = await import(
      "lib/faces/retinaface_weights.ts"
    );
    await retinafaceWeights();
    return { name, detail: `weights as expected (SHA-256 ${RETINAFACE_SHA256.slice(0, 12)}…)` };
  } catch (error) {
    return {
      name,
      detail: oneLine(error),
      remedy: "Delete .cache/setup/face_detector.json and run the command again.",
    };
  }
}

/** The ffmpeg that reads videos: the user's own, or the wheel's. */
export async function checkFfmpeg(): Promise<Finding> {
  const name = "ffmpeg";
  try {
    const { findFfmpeg } = await import("lib/media/ffmpeg.ts");
    const { path, version } = await findFfmpeg();
    return { name, detail: `${version} at ${path}` };
  } catch (error) {
    return {
      name,
      detail: oneLine(error),
      remedy: `Delete .cache/setup/ffmpeg.json and run the command again: it installs ` +
        `${FFMPEG_WHEEL}. Where that has no wheel, install ffmpeg 5.1 or newer.`,
    };
  }
}

/** A browser that draws SVG and PNG files. */
export async function checkChrome(): Promise<Finding> {
  const name = "Chrome for figures";
  try {
    const { launchChrome } = await import("lib/figures/chrome.ts");
    await using chrome = await launchChrome();
    return { name, detail: await chrome.version() };
  } catch (error) {
    return {
      name,
      detail: oneLine(error),
      remedy: "Install Chrome or Chromium, or name one in CHROME; Debian's libnss3 is what a " +
        "packaged one mostly lacks.",
    };
  }
}

/** Free disk. */
export async function checkSpace(project: Project): Promise<Finding> {
  const disk = await statfs(project.root);
  const free = disk.bavail * disk.bsize / 1e9;
  const finding = { name: "Free disk", detail: `${free.toFixed(1)} GB` };
  return free >= 1 ? finding : { ...finding, remedy: "Free some: runs and caches need room." };
}

/** NVIDIA GPUs, if any. */
export async function checkGpu(): Promise<Finding> {
  const { code, lines } = await runCommand(["nvidia-smi", "-L"]);
  const gpus = lines.filter((line) => line.startsWith("GPU ")).map((l) => l.replace(/ \(.*/, ""));
  return {
    name: "GPU",
    detail: code === 0 && gpus.length > 0 ? gpus.join("; ") : "no NVIDIA GPU is seen",
  };
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
}
