/** Set-ups that are killed with SIGKILL at any point, and two at once. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Behaviour, type FakeSurroundings, fakeSurroundings } from "./fake_surroundings.ts";

const ignore = Deno.build.os === "windows"; // the fake programs are shell scripts
const PROGRAM = fileURLToPath(new URL("./fake_setup.ts", import.meta.url));

function startSetUp(fake: FakeSurroundings): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", PROGRAM, fake.project.root],
    env: { FORGERY_CLUES_PYTHON: fake.python, FORGERY_CLUES_GPU: "0" },
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

async function finishSetUp(fake: FakeSurroundings): Promise<string> {
  const { code, stdout } = await startSetUp(fake).output();
  const said = new TextDecoder().decode(stdout);
  assert.equal(code, 0, said);
  return said;
}

async function appears(path: string): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    if (await Deno.stat(path).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${path} did not appear in 30 s.`);
}

/** Shell lines that leave a mark, here `mark`, and then take long. */
const stall = (before = ":") => `${before}; touch "$ROOT/mark"; sleep 5`;

const POINTS: { name: string; behaviour: Behaviour; kept: RegExp; goingOn: RegExp }[] = [
  {
    name: "while npm packages are installed",
    behaviour: { install: stall('mkdir -p "$ROOT/node_modules/half"') },
    kept: /^\[1\/6\] npm packages/, // nothing was finished
    goingOn: /npm packages … \(the last set-up was stopped in the middle/,
  },
  {
    name: "while the environment is made",
    behaviour: { venv: stall('mkdir -p "$ROOT/.venv/bin"; touch "$ROOT/.venv/half"') },
    kept: /^Kept from before: npm packages\./,
    goingOn: /JupyterLab … \(the last set-up was stopped in the middle/,
  },
  {
    name: "while JupyterLab is installed",
    behaviour: { pip: stall('touch "$ROOT/.venv/half"') },
    kept: /^Kept from before: npm packages\./,
    goingOn: /the \.venv that is there is not usable: making it anew/,
  },
  {
    name: "while TensorFlow is installed",
    behaviour: {
      pip: `case "$*" in *tensorflow*) ${stall('mkdir -p "$SITE/tensorflow/half"')};; esac`,
    },
    kept: /^Kept from before: npm packages; Python environment with JupyterLab\./,
    goingOn: /TensorFlow 2\.21\.0 … \(the last set-up was stopped in the middle/,
  },
];

for (const { name, behaviour, kept, goingOn } of POINTS) {
  Deno.test({ name: `a set-up killed ${name} goes on and keeps the rest`, ignore }, async () => {
    await using fake = await fakeSurroundings(behaviour);
    const first = startSetUp(fake);
    await appears(join(fake.project.root, "mark"));
    first.kill("SIGKILL");
    await first.output();
    await fake.behave({});
    const said = await finishSetUp(fake);
    assert.match(said, kept);
    assert.match(said, goingOn);
    assert.match(said, /Set-up is complete/);
    const { root, venv } = fake.project;
    const site = join(venv, "lib", "python3.11", "site-packages");
    for (const half of [join(venv, "half"), join(site, "tensorflow", "half")]) {
      await assert.rejects(Deno.stat(half), Deno.errors.NotFound, `${half} was taken for whole`);
    }
    const calls = (await fake.calls()).length;
    assert.match(await finishSetUp(fake), /^Set-up is complete/);
    assert.equal((await fake.calls()).length, calls, "a third set-up found something to do");
    await Deno.stat(join(root, "node_modules"));
  });
}

Deno.test({
  name: "npm packages that were half installed are installed from an empty folder",
  ignore,
}, async () => {
  await using fake = await fakeSurroundings({ install: stall() });
  const first = startSetUp(fake);
  await appears(join(fake.project.root, "mark"));
  first.kill("SIGKILL");
  await first.output();
  await fake.behave({});
  await finishSetUp(fake);
  const deno = (await fake.calls()).filter((call) =>
    call.startsWith("deno") && !/jupyter/.test(call)
  );
  assert.deepEqual(deno, ["deno install --frozen", "deno ci"]);
});

Deno.test(
  { name: "a set-up that is interrupted says so, and goes on the next time", ignore },
  async () => {
    await using fake = await fakeSurroundings({ install: 'touch "$ROOT/mark"; exec sleep 5' });
    const first = startSetUp(fake);
    await appears(join(fake.project.root, "mark"));
    first.kill("SIGTERM");
    const { code, stdout } = await first.output();
    assert.equal(code, 130);
    const last = new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1)!;
    assert.equal(last, "Set-up was interrupted. The same command goes on where it was.");
    await fake.behave({});
    assert.match(
      await finishSetUp(fake),
      /npm packages … \(the last set-up was stopped in the middle/,
    );
  },
);

Deno.test({ name: "the second of two set-ups waits and does nothing twice", ignore }, async () => {
  const slow = 'touch "$ROOT/mark"; sleep 1';
  await using fake = await fakeSurroundings({ install: slow });
  const first = finishSetUp(fake);
  await appears(join(fake.project.root, "mark"));
  const second = finishSetUp(fake);
  assert.match(await second, /Another set-up is at work/);
  await first;
  assert.equal((await fake.calls()).length, 7);
});

Deno.test(
  { name: "a set-up that cannot go on says so without a stack and exits with 1", ignore },
  async () => {
    await using fake = await fakeSurroundings({ python: "3.8.18" });
    const { code, stdout } = await startSetUp(fake).output();
    assert.equal(code, 1);
    const said = new TextDecoder().decode(stdout).trimEnd().split("\n").slice(-2);
    assert.match(said[0]!, /^Set-up stopped\. .* is too old/);
    assert.match(said[1]!, /^Remedy: Install Python/);
  },
);
