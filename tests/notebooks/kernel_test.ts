/** The kernel as any client of Jupyter's protocol sees it, in one session. */

import assert from "node:assert/strict";
import { type Output, type Result, type Step, takeSteps } from "./kernel_session.ts";

const LISTEN = 'import { listenForInterrupt } from "lib/io/interrupt.ts";';
const SLEEP = "const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));";
const GONE = { deno: true, kernel: true };

function checkStopped({ outputs, reply, seconds }: Result): void {
  assert.deepEqual(outputs.map(({ kind, ename }) => [kind, ename]), [["error", "Stopped"]]);
  assert.equal(reply.status, "error");
  assert.ok(seconds < 20, `${seconds} s after Stop`);
}

function checkUncaught(outputs: Output[], words: string): void {
  const [error] = outputs.filter(({ kind }) => kind === "error");
  assert.match(error!.traceback![0]!, /An error that no cell waited for/);
  assert.match(error!.traceback![1]!, new RegExp(words));
}

/** In this order: later ones show that the kernel lives on with its variables. */
const STEPS: Step[] = [
  {
    name: "a cell's value comes before the cell is over",
    step: { code: "Deno.pid" },
    check: ({ outputs }) => assert.equal(outputs.length, 1),
  },
  {
    name: "a syntax error is shown with its line",
    step: { code: "const x = 3;\n  let y = (;" },
    check({ outputs, inputs, reply }) {
      const [{ ename, traceback }] = outputs as [Output];
      assert.equal(ename, "SyntaxError");
      const lines = traceback!.join("\n");
      assert.match(lines, /2 \| {3}let y = \(;\n {2}\| {12}~\n.*line 2, column 12/);
      assert.deepEqual(reply.traceback, traceback);
      assert.deepEqual(inputs, ["const x = 3;\n  let y = (;"]);
    },
  },
  {
    name: "an import of a name that is not there says so; types and others are silent",
    step: {
      code: 'import { createRandom, nothing, type Random } from "lib/random.ts";\n' +
        'import { type Joint } from "lib/information/joint.ts";\ntypeof createRandom',
    },
    check({ outputs, reply }) {
      const [warning, value] = outputs as [Output, Output];
      assert.deepEqual([warning.kind, warning.name], ["stream", "stderr"]);
      assert.match(warning.text!, /^lib\/random\.ts exports no value called nothing\. If .*\n$/);
      assert.equal(value.data!["text/plain"], '"function"');
      assert.equal(reply.status, "ok");
    },
  },
  {
    name: "the cells that wait behind one that fails do not run",
    // It fails so late that the others are there: what arrives after a failure runs, as with other kernels.
    step: { code: `${SLEEP}\nawait sleep(1000);\nthrow new Error("first");`, behind: 2 },
    check({ inputs, behind }) {
      assert.equal(inputs.length, 1);
      assert.deepEqual(behind, ["aborted", "aborted"]);
    },
  },
  {
    name: "an error in a cell is shown with the cell's lines, and the cell as it was written",
    step: {
      code: `async function f() {\n  await 1;\n  throw new RangeError("far");\n}\nawait f();`,
    },
    check({ outputs, inputs }) {
      assert.equal(outputs[0]!.ename, "RangeError");
      assert.match(outputs[0]!.traceback!.join("\n"), /f \(<anonymous>:3:.*\n.*<anonymous>:5:/);
      assert.match(inputs[0]!, /\nawait f\(\);$/);
    },
  },
  {
    name: "Stop ends what a cell awaits",
    step: { code: `${SLEEP}\nawait sleep(60_000);`, stop: 0.1 },
    check: checkStopped,
  },
  {
    name: "Stop at once ends a cell that has not quite begun",
    step: { code: "await sleep(60_000);", stop: 0.02 },
    check: checkStopped,
  },
  {
    name: "Stop ends a loop that computes",
    step: { code: "while (Date.now() > 0);", stop: 0.1 },
    check(result) {
      checkStopped(result);
      assert.match(result.outputs[0]!.traceback!.join("\n"), /<anonymous>:1:/);
    },
  },
  {
    name: "Stop ends a loop of awaits that leaves no room for signals, and `finally` runs",
    step: {
      code: 'let steps = 0;\nconsole.log("begun");\ntry {\n  for (;;) { await 1; steps++; }\n} ' +
        'finally {\n  console.log("kept");\n}',
      stop: 0.1,
      from: "output",
    },
    check({ outputs, ...rest }) {
      const printed = outputs.filter(({ kind }) => kind === "stream");
      assert.equal(printed.map(({ text }) => text).join(""), "begun\nkept\n");
      checkStopped({ outputs: outputs.filter((output) => !printed.includes(output)), ...rest });
    },
  },
  {
    name: "Stop lets work that listens for it end by itself, and the cell go on",
    step: {
      code: `${LISTEN}\nasync function train() {\n  using interrupt = listenForInterrupt();\n` +
        '  let step = 0;\n  console.log("begun");\n' +
        "  for (; !interrupt.signal.aborted; step++) await sleep(10);\n  return step;\n}\n" +
        "(await train()) > 1 && steps > 1",
      stop: 0.3,
      from: "output",
    },
    check({ outputs, reply }) {
      assert.deepEqual(outputs.map(({ data }) => data?.["text/plain"]), [undefined, "true"]);
      assert.equal(reply.status, "ok");
    },
  },
  {
    name: "a second Stop gives up what listens and does not end",
    step: {
      code:
        "using interrupt = listenForInterrupt();\nconsole.log(3);\nawait new Promise(() => {});",
      stop: [0.1, 1],
      from: "output",
    },
    check: ({ outputs, ...rest }) => checkStopped({ outputs: outputs.slice(1), ...rest }),
  },
  {
    name: "a cell that cannot be stopped says so and runs to its end",
    step: {
      code: "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3600)",
      stop: 0.1,
    },
    check({ outputs, reply }) {
      assert.match(outputs.find(({ name }) => name === "stderr")!.text!, /has not yet/);
      assert.equal(reply.status, "ok");
    },
  },
  {
    name: "a rejection that nothing handles is shown and makes the cell fail",
    step: { code: 'void Promise.reject(new RangeError("let go")); 1' },
    check({ outputs, reply }) {
      checkUncaught(outputs, "RangeError: let go");
      assert.equal(reply.status, "error");
    },
  },
  {
    name: "an error in a timer is shown and makes the cell fail that runs then",
    step: { code: 'setTimeout(() => { throw "in a timer"; }, 20); await sleep(200);' },
    check({ outputs, reply }) {
      checkUncaught(outputs, "Error: in a timer");
      assert.equal(reply.status, "error");
    },
  },
  {
    name: "an error after the cell is shown below it",
    step: { code: 'void setTimeout(() => { throw new Error("late"); }, 100);', wait: 1 },
    check: ({ outputs }) => checkUncaught(outputs, "Error: late"),
  },
  {
    name: "a line of a million characters comes whole",
    step: { code: 'console.log("x".repeat(1_000_000))' },
    check({ outputs, seconds }) {
      assert.equal(outputs.map(({ text }) => text).join("").length, 1_000_001);
      assert.ok(seconds < 20, `${seconds} s`);
    },
  },
  {
    name: "a cell may ask for input",
    step: { code: 'prompt("Who?")', input: "me" },
    check: ({ outputs }) => assert.equal(outputs[0]!.data!["text/plain"], '"me"'),
  },
  {
    name: "a name imported from lib has its documentation, also inside its call",
    step: { code: "const interrupt = listenForInterrupt(3, (4));", at: 42 },
    check({ found, data }) {
      assert.ok(found);
      assert.match(data["text/plain"]!, /Defined in lib\/io\/interrupt.ts/);
      assert.match(
        data["text/plain"]!,
        /function listenForInterrupt\(\): InterruptSignal\n {2}Listens/,
      );
    },
  },
  {
    name: "other names have none",
    step: { code: "steps", at: 2 },
    check: ({ found }) => assert.equal(found, false),
  },
  {
    name: "the kernel dies with Deno's, whoever kills it",
    step: { kill: "deno" },
    check: ({ ended }) => assert.deepEqual(ended, GONE),
  },
  {
    name: "a restart gives a fresh kernel",
    step: { restart: true },
    check: ({ ended }) => assert.deepEqual(ended, GONE),
  },
  {
    name: "the fresh kernel has no variable of the old one",
    step: { code: "steps" },
    check: ({ outputs }) => assert.equal(outputs[0]!.ename, "ReferenceError"),
  },
  { name: "it runs cells", step: { code: "Deno.pid" }, check: ({ alive }) => assert.ok(alive) },
  {
    name: "Deno's kernel dies with ours",
    step: { kill: "kernel" },
    check: ({ ended }) => assert.deepEqual(ended, GONE),
  },
];

Deno.test("the kernel", (t) => takeSteps(t, STEPS));
