/** Whole set-ups in fake surroundings: what is made, kept, made again, and said. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { SetUpFailure } from "lib/tasks/setup/setup_failure.ts";
import { runSteps } from "lib/tasks/setup/setup_steps.ts";
import { FFMPEG_WHEEL, NO_FFMPEG, NO_TENSORFLOW } from "lib/tasks/setup/library_wheels.ts";
import { fakeSteps, type FakeSurroundings, fakeSurroundings } from "./fake_surroundings.ts";

const ignore = Deno.build.os === "windows"; // the fake programs are shell scripts
Deno.env.set("FORGERY_CLUES_GPU", "0");

async function setUpFake(fake: FakeSurroundings): Promise<void> {
  Deno.env.set("FORGERY_CLUES_PYTHON", fake.python);
  try {
    await runSteps(fake.project, await fakeSteps(fake.project), fake.report);
  } finally {
    Deno.env.delete("FORGERY_CLUES_PYTHON");
  }
}

/** The failure that set-up must end in; its words are one line each. */
async function failureOf(fake: FakeSurroundings): Promise<SetUpFailure> {
  try {
    await setUpFake(fake);
  } catch (error) {
    if (!(error instanceof SetUpFailure)) throw error;
    assert.ok(!`${error.message}${error.remedy}`.includes("\n"), "the words are not one line");
    return error;
  }
  throw new Error("The set-up succeeded.");
}

const count = (calls: string[], pattern: RegExp) => calls.filter((c) => pattern.test(c)).length;

Deno.test({ name: "a second set-up finds everything made and runs nothing", ignore }, async () => {
  await using fake = await fakeSurroundings();
  await setUpFake(fake);
  const calls = await fake.calls();
  assert.deepEqual(calls.map((call) => call.split(" ").slice(0, 2).join(" ")), [
    "deno install",
    "venv " + fake.project.venv,
    "pip install",
    "pip install",
    "pip install",
    "pip install",
    "deno jupyter",
  ]);
  fake.said.length = 0;
  await setUpFake(fake);
  assert.deepEqual(await fake.calls(), calls);
  assert.deepEqual(fake.said, []);
});

Deno.test(
  { name: "a changed requirement remakes the environment, not the npm packages", ignore },
  async () => {
    await using fake = await fakeSurroundings();
    await setUpFake(fake);
    await Deno.writeTextFile(join(fake.project.venv, "old"), "");
    await Deno.writeTextFile(join(fake.project.root, "requirements.txt"), "jupyterlab==2\n");
    await setUpFake(fake);
    const calls = await fake.calls();
    assert.equal(count(calls, /^deno install/), 1);
    assert.equal(count(calls, /^venv/), 2);
    assert.equal(count(calls, /^pip.*tensorflow-cpu==/), 2);
    await assert.rejects(Deno.stat(join(fake.project.venv, "old")), Deno.errors.NotFound);
    assert.match(fake.said.join("\n"), /Kept from before: npm packages\./);
  },
);

Deno.test(
  {
    name: "what the requirements need in turn is pinned, and a changed pin remakes the environment",
    ignore,
  },
  async () => {
    await using fake = await fakeSurroundings();
    await setUpFake(fake);
    const constraints = join(fake.project.root, "constraints.txt");
    assert.equal(count(await fake.calls(), new RegExp(`^pip .*--constraint ${constraints}$`)), 1);
    await Deno.writeTextFile(constraints, "pyzmq==2\n");
    await setUpFake(fake);
    assert.equal(count(await fake.calls(), /^venv/), 2);
  },
);

Deno.test({ name: "what was deleted is made again, and nothing else", ignore }, async () => {
  await using fake = await fakeSurroundings();
  await setUpFake(fake);
  await Deno.remove(join(fake.project.root, "node_modules"), { recursive: true });
  await setUpFake(fake);
  const calls = await fake.calls();
  assert.equal(count(calls, /^deno install/), 2);
  assert.equal(count(calls, /^(venv|pip)/), 5);
});

Deno.test(
  { name: "an environment that somebody else made is completed, not replaced", ignore },
  async () => {
    await using fake = await fakeSurroundings();
    const { venv, python } = fake.project;
    await Deno.mkdir(join(venv, "bin"), { recursive: true });
    await Deno.mkdir(join(venv, "lib", "python3.11", "site-packages"), { recursive: true });
    await Deno.writeTextFile(join(venv, "pyvenv.cfg"), "version = 3.11.7\n");
    await Deno.writeTextFile(join(venv, "theirs"), "");
    await Deno.copyFile(fake.python, python);
    await setUpFake(fake);
    assert.equal(count(await fake.calls(), /^venv/), 0);
    await Deno.stat(join(venv, "theirs"));
  },
);

Deno.test({ name: "no Python at all is said, with how to get one", ignore }, async () => {
  await using fake = await fakeSurroundings();
  const path = Deno.env.get("PATH")!;
  Deno.env.set("PATH", fake.project.root);
  try {
    const steps = await fakeSteps(fake.project);
    // Without a PATH the fake programs lack `mkdir`: only the environment's step is run.
    const environment = steps.filter((step) => step.name === "environment");
    await assert.rejects(runSteps(fake.project, environment, fake.report), (error) => {
      assert.ok(error instanceof SetUpFailure);
      assert.equal(error.message, "No Python was found.");
      assert.match(error.remedy, /apt install python3 python3-venv.*FORGERY_CLUES_PYTHON/);
      return true;
    });
  } finally {
    Deno.env.set("PATH", path);
  }
});

const FAILURES: {
  name: string;
  behaviour: Parameters<typeof fakeSurroundings>[0];
  problem: RegExp;
  remedy: RegExp;
}[] = [
  {
    name: "a Python that is too old",
    behaviour: { python: "3.8.18" },
    problem: /\(Python 3\.8\.18\) is too old; 3\.10 or newer/,
    remedy: /Install Python 3\.10/,
  },
  {
    name: "a Python without the venv module",
    behaviour: { python: "3.11.7 ensurepip" },
    problem: /\(Python 3\.11\.7\) has no venv module/,
    remedy: /apt install python3-venv/,
  },
  {
    name: "a venv module that cannot bring pip",
    behaviour: { venv: 'echo "Error: Command ... ensurepip ... returned non-zero" >&2; exit 1' },
    problem: /ensurepip module is missing/,
    remedy: /apt install python3-venv/,
  },
  {
    name: "a disk that fills while pip works",
    behaviour: { pip: 'echo "ERROR: [Errno 28] No space left on device"; exit 1' },
    problem: /no space left on the disk \(while installing JupyterLab\)/,
    remedy: /Free some gigabytes/,
  },
  {
    name: "a disk that fills while the npm packages are installed",
    behaviour: { install: 'echo "error: No space left on device (os error 28)" >&2; exit 1' },
    problem: /no space left on the disk \(while installing the npm packages\)/,
    remedy: /Free some gigabytes/,
  },
  {
    name: "a Python package that does not exist",
    behaviour: {
      pip:
        `echo "ERROR: Could not find a version that satisfies the requirement jupyterlab==1 (from versions: 2)"
        echo "ERROR: No matching distribution found for jupyterlab==1"; exit 1`,
    },
    problem: /Python package jupyterlab==1 cannot be had\. Last line: ERROR: No matching/,
    remedy: /PIP_INDEX_URL/,
  },
  {
    name: "a Python index that does not answer",
    behaviour: {
      pip: `echo "WARNING: Retrying after connection broken by NewConnectionError"
        echo "ERROR: No matching distribution found for jupyterlab==1"; exit 1`,
    },
    problem: /jupyterlab==1 cannot be had \(its registry does not answer\)/,
    remedy: /Check the network/,
  },
  {
    name: "an npm package that cannot be had",
    behaviour: {
      install: `echo "error: npm package 'arquero' does not exist." >&2; exit 1`,
    },
    problem: /npm package arquero cannot be had\. Last line: error: npm package/,
    remedy: /NPM_CONFIG_REGISTRY/,
  },
  {
    name: "a lock file that does not fit",
    behaviour: { install: 'echo "error: The lockfile is out of date." >&2; exit 1' },
    problem: /deno\.lock does not fit deno\.json/,
    remedy: /deno install --frozen=false/,
  },
];

for (const { name, behaviour, problem, remedy } of FAILURES) {
  Deno.test({
    name: `${name} is said in one line with its remedy, and mended by a second run`,
    ignore,
  }, async () => {
    await using fake = await fakeSurroundings(behaviour);
    const failure = await failureOf(fake);
    assert.match(failure.message, problem);
    assert.match(failure.remedy, remedy);
    await fake.behave({});
    await setUpFake(fake);
  });
}

Deno.test({ name: "a chosen Python that does not run is named", ignore }, async () => {
  await using fake = await fakeSurroundings();
  const failure = await failureOf({ ...fake, python: join(fake.project.root, "none") });
  assert.match(failure.message, /FORGERY_CLUES_PYTHON names ".*none", which does not run/);
});

/** Shell lines of a pip whose index has no fitting file of the package that `pin` names. */
const noWheel = (pin: string) =>
  `case "$*" in *${pin}*)
  echo "ERROR: Could not find a version that satisfies the requirement ${pin} (from versions: none)"
  echo "ERROR: No matching distribution found for ${pin}"; exit 1;; esac`;

const OPTIONAL = [
  { what: "TensorFlow", pin: "tensorflow-cpu==2.21.0", remark: NO_TENSORFLOW },
  { what: "ffmpeg", pin: FFMPEG_WHEEL, remark: NO_FFMPEG },
];

for (const { what, pin, remark } of OPTIONAL) {
  Deno.test({
    name: `a platform without the wheel of ${what} is set up and says what that means`,
    ignore,
  }, async () => {
    await using fake = await fakeSurroundings({ pip: noWheel(pin) });
    await setUpFake(fake);
    assert.equal(fake.said.filter((line) => line === remark).length, 1);
    const calls = await fake.calls();
    fake.said.length = 0;
    await setUpFake(fake);
    assert.deepEqual(await fake.calls(), calls, "the wheel was asked for again");
    assert.deepEqual(fake.said, [remark]);
  });

  Deno.test({
    name: `an index that does not answer is not taken for a missing wheel of ${what}`,
    ignore,
  }, async () => {
    const pip = noWheel(pin).replace("echo", 'echo "WARNING: connection refused"; echo');
    await using fake = await fakeSurroundings({ pip });
    const { message } = await failureOf(fake);
    assert.ok(message.startsWith(`The Python package ${pin} cannot be had`), message);
  });
}
