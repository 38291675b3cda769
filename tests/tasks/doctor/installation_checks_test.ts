import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import {
  checkChrome,
  checkDeno,
  checkFaceDetector,
  checkFfmpeg,
  checkKernel,
  checkNpmPackages,
  checkPythonPackages,
  checkSpace,
  checkTensors,
  type Finding,
} from "lib/tasks/doctor/installation_checks.ts";
import { PROJECT, type Project, projectAt } from "lib/tasks/setup/project.ts";
import { provideAdapter } from "../../engine/webgpu_adapter.ts";

function works({ name, detail, remedy }: Finding): void {
  assert.equal(remedy, undefined, `${name}: ${detail}`);
}

/** A project folder with what `files` says, paths relative to it. */
async function withProject<Result>(
  files: Record<string, string>,
  work: (project: Project) => Promise<Result>,
): Promise<Result> {
  const root = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await Deno.writeTextFile(join(root, path), text);
    }
    return await work(projectAt(root));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("this project passes every check", async () => {
  works(await checkDeno(PROJECT));
  works(await checkPythonPackages(PROJECT));
  works(await checkNpmPackages(PROJECT));
  works(await checkKernel(PROJECT));
  works(await checkFaceDetector());
  works(await checkFfmpeg());
  works(await checkChrome());
  works(await checkSpace(PROJECT));
});

Deno.test("checkTensors computes with the engine in a process of its own", async () => {
  const finding = await checkTensors(PROJECT);
  works(finding);
  assert.match(finding.detail, /^(tensorflow|cpu) [\d.]+ on \w+:\d/);
});

/** What `checkTensors` finds where the environment names a backend. */
async function tensorsOn(backend: string): Promise<Finding> {
  const variable = "FORGERY_CLUES_BACKEND", before = Deno.env.get(variable);
  Deno.env.set(variable, backend);
  try {
    return await checkTensors(PROJECT);
  } finally {
    if (before === undefined) Deno.env.delete(variable);
    else Deno.env.set(variable, before);
  }
}

Deno.test("checkTensors says that WebGPU computes, and on what", async () => {
  await provideAdapter();
  const finding = await tensorsOn("webgpu");
  works(finding);
  assert.match(finding.detail, /^webgpu [\d.]+ on WebGPU:0 \(.+\), memory unknown, float32/);
});

Deno.test("checkTensors shows what is wrong with FORGERY_CLUES_BACKEND, and says to unset it", async () => {
  const { detail, remedy } = await tensorsOn("gpu");
  assert.match(detail, /exit code 1.*RangeError: FORGERY_CLUES_BACKEND is .* not "gpu"/);
  assert.match(remedy!, /Unset FORGERY_CLUES_BACKEND/);
});

Deno.test("checkTensors gives a remedy when the engine's process dies", () =>
  withProject(
    { "lib/tasks/doctor/multiply_matrices.ts": "Deno.kill(Deno.pid, 'SIGKILL');" },
    async (p) => {
      const finding = await checkTensors({ ...p, deno: Deno.execPath() });
      assert.match(finding.detail, /does not start \(exit code 137\)/);
      assert.match(finding.remedy!, /tensorflow\.json/);
    },
  ));

/** What `checkTensors` makes of an engine's answer. */
const foundOf = (answer: { device: string; title: string; error: number; notice?: string }) => {
  const whole = JSON.stringify({ backend: "tensorflow", version: "2", ...answer });
  const program = `console.log(${JSON.stringify(whole)});`;
  return withProject(
    { "lib/tasks/doctor/multiply_matrices.ts": program },
    (p) => checkTensors({ ...p, deno: Deno.execPath() }),
  );
};

Deno.test("checkTensors does not accept wrong numbers", async () => {
  const { detail, remedy } = await foundOf({ device: "CPU:0", title: "CPU:0 (x)", error: 0.01 });
  assert.match(detail, /on CPU:0 \(x\) computes wrongly: a product is off by 0\.01/);
  assert.ok(remedy);
});

Deno.test("checkTensors calls TF32 on a GPU by its name, and no fault", async () => {
  // The error of factors rounded to 10 bits of mantissa, which an H100's product has shown.
  const answer = { device: "GPU:0", title: "GPU:0 (x, TF32)", error: 1.35e-4 };
  const finding = await foundOf({ ...answer, notice: "Something besides." });
  works(finding);
  assert.match(
    finding.detail,
    /^tensorflow 2 on GPU:0 \(x, TF32\)\. .*TF32, 10 bits.*NVIDIA_TF32_OVERRIDE=0.*\. Something besides\.$/,
  );
});

Deno.test("checkNpmPackages names what is missing and what is another version", () => {
  const imports = { a: "npm:@scope/a@1.0.0", b: "npm:b@2.0.0", c: "npm:c@3.0.0", "lib/": "./lib/" };
  return withProject({
    "deno.json": JSON.stringify({ imports }),
    "node_modules/@scope/a/package.json": '{ "version": "1.0.0" }',
    "node_modules/b/package.json": '{ "version": "2.0.1" }',
  }, async (project) => {
    const { detail, remedy } = await checkNpmPackages(project);
    assert.equal(detail, "b is 2.0.1, not 2.0.0; c is missing, not 3.0.0");
    assert.ok(remedy);
  });
});

Deno.test("checkPythonPackages compares with the pins in requirements.txt", () =>
  withProject({ "requirements.txt": "# a comment\nnbclient==0.0.1\nno-such==1\n" }, async (p) => {
    const { detail, remedy } = await checkPythonPackages({ ...p, python: PROJECT.python });
    assert.match(detail, /nbclient is [\d.]+, not 0\.0\.1; no-such is missing, not 1/);
    assert.ok(remedy);
  }));

Deno.test("checks of an empty folder give remedies and do not throw", () =>
  withProject({ "requirements.txt": "", "deno.json": "{}" }, async (project) => {
    for (const check of [checkDeno, checkPythonPackages, checkTensors, checkKernel]) {
      assert.ok((await check(project)).remedy, check.name);
    }
  }));
