/** Tests of the bench: its arithmetic, its words, its two-process timing, and one tiny real run. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { agree, compareChecks, introduce } from "lib/tasks/bench/agreement.ts";
import {
  caseName,
  chooseCases,
  forwardMacs,
  type PaperCase,
  paperCases,
  stepFlops,
} from "lib/tasks/bench/bench_cases.ts";
import { compareCase, type ComparisonOptions } from "lib/tasks/bench/time_case.ts";
import { ownContender } from "lib/tasks/bench/contender.ts";
import { peakMemory, processSeconds, resetPeakMemory } from "lib/tasks/bench/machine.ts";
import { parseBenchOptions } from "lib/tasks/bench/bench_options.ts";
import {
  type BenchReport,
  reportCsv,
  reportMarkdown,
  writeReport,
} from "lib/tasks/bench/bench_report.ts";
import { judge } from "lib/tasks/bench/verdict.ts";
import { runBench } from "lib/tasks/bench/bench_run.ts";
import { summarise } from "lib/tasks/bench/statistics.ts";
import { WorkerProcess } from "lib/tasks/bench/worker_process.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { SET_UP_MARK } from "lib/tasks/setup/run_again.ts";
import { fake } from "./bench/fake_contender.ts";

const TINY: PaperCase = {
  work: "training",
  precision: "float32",
  blocks: 2,
  size: 32,
  batch: 2,
  width: 0.125,
};

const never = new AbortController().signal;

const timing = (changes: Partial<ComparisonOptions> = {}): ComparisonOptions => ({
  rounds: 3,
  burstSeconds: 0.02,
  thorough: true,
  device: "CPU:0",
  signal: never,
  onProgress: () => {},
  ...changes,
});

Deno.test("forwardMacs equals the count of calflops for three and four blocks", async () => {
  const path = "tests/fixtures/table7_flops.json";
  const { rows } = JSON.parse(await Deno.readTextFile(path)) as {
    rows: Record<string, { exact: { macs: number } }>;
  };
  for (const blocks of [3, 4]) {
    const one: PaperCase = { ...TINY, size: 224, width: 1, blocks };
    assert.equal(forwardMacs(one), rows[`resnet_n${blocks}`]!.exact.macs);
  }
});

Deno.test("stepFlops counts a training step as three forward passes of the batch", () => {
  const inference = { ...TINY, work: "inference" } as const;
  assert.equal(stepFlops(inference), 2 * TINY.batch * forwardMacs(TINY));
  assert.equal(stepFlops(TINY), 3 * stepFlops(inference));
});

Deno.test("paperCases are the comparison's eight, on a GPU twelve, each with a name of its own", () => {
  const all = paperCases("cpu"), names = all.map(caseName);
  assert.equal(new Set(names).size, 8);
  assert.ok(all.every(({ size, batch, width }) => size === 224 && batch === 8 && width === 1));
  const more = paperCases("gpu:1").map(caseName).filter((name) => !names.includes(name));
  assert.equal(new Set(more).size, 4);
  assert.ok(more.every((name) => name.includes("float16")));
});

Deno.test("chooseCases refuses a pattern that fits nothing, and says what there is", () => {
  assert.throws(() => chooseCases(paperCases(), ["n1", "n5"]), /"n5".*inference-float32-n1/);
});

Deno.test("parseBenchOptions: defaults, and where a report goes", () => {
  const own = parseBenchOptions([]);
  assert.ok(own !== "help");
  assert.equal(own.cases.length, 8);
  assert.equal(own.rounds, 12);
  assert.equal(own.output, undefined);
  const peer = parseBenchOptions(["--peer", "torch", "--rounds", "5"]);
  assert.ok(peer !== "help");
  assert.deepEqual([peer.output, peer.rounds, peer.thorough], ["results/bench", 5, true]);
  assert.equal(parseBenchOptions(["--help"]), "help");
});

Deno.test("parseBenchOptions: the device, what belongs to it, and the paper's sizes", () => {
  const line =
    "--device gpu:1 --no-tf32 --peer torch --python py --agreement --blocks 2,3 --size 64 " +
    "--width 0.5 --batch 4";
  const options = parseBenchOptions(line.split(" "));
  assert.ok(options !== "help");
  const { device, tensorFloat32, python, onlyAgreement, cases, matrixSide } = options;
  assert.deepEqual([device, tensorFloat32, python, onlyAgreement], ["gpu:1", false, "py", true]);
  assert.equal(cases.length, 12);
  assert.deepEqual(cases[1], {
    ...{ work: "inference", precision: "float32", blocks: 3, size: 64, batch: 4, width: 0.5 },
  });
  const own = parseBenchOptions(["--device", "cpu"]);
  assert.ok(own !== "help" && own.matrixSide < matrixSide && own.cases.length === 8);
  assert.equal("tensorFloat32" in own, false);
});

Deno.test("parseBenchOptions refuses what does not belong together", () => {
  const wrong: [string, RegExp][] = [
    ["--device cuda", /--device is "cuda", but must be cpu, or gpu:/],
    ["--python py", /--python and --agreement belong to --peer torch/],
    ["--agreement", /belong to --peer torch/],
    ["--detector mesonet --size 64", /--size is the paper's detector's/],
    ["--width 0", /--width is "0"/],
    ["--set depth=shallow", /--set belongs to a --detector/],
  ];
  for (const [line, message] of wrong) {
    assert.throws(() => parseBenchOptions(line.split(" ")), message);
  }
});

Deno.test("parseBenchOptions refuses wrong values and unknown options", () => {
  assert.throws(() => parseBenchOptions(["--peer", "jax"]), /"jax".*only peer is "torch"/);
  assert.throws(() => parseBenchOptions(["--rounds", "1.5"]), RangeError);
  assert.throws(() => parseBenchOptions(["--pear", "torch"]), TypeError);
});

Deno.test("summarise agrees with NumPy's percentiles", () => {
  // numpy.percentile([0.91, 1.3, 0.2, 7, 1.05, 0.88], [0, 25, 50, 75, 100])
  const { min, lower, median, upper, max } = summarise([0.91, 1.3, 0.2, 7, 1.05, 0.88]);
  const expected = [0.2, 0.8875, 0.98, 1.2375, 7];
  [min, lower, median, upper, max].forEach((v, i) => assert.ok(Math.abs(v - expected[i]!) < 1e-12));
  assert.throws(() => summarise([]), RangeError);
  assert.throws(() => summarise([1, NaN]), RangeError);
});

Deno.test("compareChecks refuses sides that compute different things", () => {
  const check = { parameters: 10, logits: [2, -1, 0.5], loss: 1.25 };
  const near = { ...check, logits: [2.00001, -1, 0.5] };
  assert.ok(compareChecks(TINY, [near, check]).logits < 1e-5);
  const others = [
    { ...check, parameters: 11 },
    { ...check, logits: [2, -1, 0.6] },
    { ...check, logits: [2, -1] },
    { ...check, loss: 1.26 },
    { ...check, loss: NaN },
  ];
  for (const other of others) {
    assert.throws(() => compareChecks(TINY, [other, check]), /do not compute the same/);
  }
});

Deno.test("compareCase times both sides in turn and takes the peer's fastest way that works", async () => {
  const log = await Deno.makeTempFile();
  try {
    const ours = fake("ours", { steps: { plain: 0.005 }, log });
    const steps = { slow: 0.02, fast: 0.01, compiled: 0.001 };
    const peer = fake("peer", { steps, fails: { compiled: "no compiler\nand more" }, log }, {
      variants: () => ["slow", "fast"],
      refine: (best) => (assert.equal(best, "fast"), ["compiled"]),
    });
    const result = await compareCase(TINY, ours, timing({ peer }));
    assert.equal(result.peer?.variant, "fast");
    assert.deepEqual(result.peer.tried, { slow: 100, fast: 200, compiled: "peer: no compiler" });
    assert.deepEqual(result.ours.imagesPerSecond, [400, 400, 400]);
    assert.equal(judge(result)?.ratio.median, 2);
    const order = (await Deno.readTextFile(log)).trim().split(" ").slice(-6);
    assert.deepEqual(order, Array(3).fill(["ours:burst", "peer:burst"]).flat());
  } finally {
    await Deno.remove(log);
  }
});

Deno.test("compareCase tells what each side took of a GPU's memory until it was ready", async () => {
  const free = [80e9, 77e9, 77e9, 75e9].values(); // before and after each side
  const memoryOf = (device: string) => {
    assert.equal(device, "GPU:1");
    return Promise.resolve({ free: free.next().value!, total: 85e9 });
  };
  const counts = { allocated: 1e9, reserved: 15e8 };
  const options = timing({ peer: fake("peer", { counts }), device: "GPU:1", memoryOf, rounds: 1 });
  const { ours, peer } = await compareCase(TINY, fake("ours", {}), options);
  assert.deepEqual([ours.peakMemory, ours.stepMemory, ours.allocated], [3e9, null, undefined]);
  assert.deepEqual([peer!.peakMemory, peer!.allocated, peer!.reserved], [2e9, 1e9, 15e8]);
});

Deno.test("compareCase hands on what a device refuses, whatever ways there are", async () => {
  const variants = () => ["slow", "fast"], refuses = "no bfloat16";
  const peer = fake("peer", { refuses }, { variants });
  await assert.rejects(
    compareCase(TINY, fake("ours", {}), timing({ peer })),
    { name: "Refusal", message: "peer: no bfloat16" },
  );
});

Deno.test("introduce leaves out a precision that is refused, and refuses two devices or two roundings", async () => {
  const options = { cases: [TINY], matrixSide: 8, signal: never };
  const [side] = await introduce([fake("one", { refuses: "not here" })], options);
  assert.deepEqual([side!.device, side!.peak], ["CPU:0", {}]);
  await assert.rejects(
    introduce([fake("one", { device: "GPU:0" }), fake("two", {})], options),
    /RangeError: Not the same device: Fake on GPU:0, Fake on CPU:0\. --device/,
  );
  const gpu = { device: "GPU:0" }, rounding = { ...gpu, tensorFloat32: true };
  await assert.rejects(
    introduce([fake("one", rounding), fake("two", gpu)], options),
    /RangeError: TF32 on one side only, Fake\. --no-tf32/,
  );
  const both = await introduce([fake("one", rounding), fake("two", rounding)], options);
  assert.deepEqual(both.map(({ tensorFloat32 }) => tensorFloat32), [true, true]);
});

Deno.test("agree compares without TF32, and with it where that is how it is timed", async () => {
  const log = await Deno.makeTempFile();
  try {
    const contenders = { ours: fake("ours", { log }), peer: fake("peer", { log }), signal: never };
    assert.equal((await agree(TINY, { ...contenders, rounded: false })).rounded, undefined);
    const { rounded } = await agree(TINY, { ...contenders, rounded: true });
    assert.deepEqual(rounded, { logits: 0, loss: 0 });
    const asked = (await Deno.readTextFile(log)).trim().split(" ");
    const each = (tf32: 0 | 1) => [`ours:check${tf32}`, `peer:check${tf32}`];
    assert.deepEqual(asked, [...each(0), ...each(0), ...each(1)]);
  } finally {
    await Deno.remove(log);
  }
});

Deno.test("compareCase names the side that died, with its last words", async () => {
  const peer = fake("peer", { end: "dies" });
  await assert.rejects(
    compareCase(TINY, fake("ours", {}), timing({ peer })),
    /peer: the worker ended with code 7.*\n.*out of luck/,
  );
});

Deno.test("compareCase ends its workers when it is interrupted", async () => {
  const controller = new AbortController();
  const running = compareCase(
    TINY,
    fake("ours", { end: "hangs" }),
    timing({
      signal: controller.signal,
      onProgress: (_, note) => {
        if (note.includes("getting ready")) setTimeout(() => controller.abort(), 300);
      },
    }),
  );
  await assert.rejects(running, /the worker ended of SIGKILL/);
});

Deno.test("WorkerProcess reports an error of the worker and goes on", async () => {
  const { worker } = fake("peer", { fails: { bad: "no such layout" } });
  await using process = new WorkerProcess(worker, never);
  const prepare = (variant: string) => process.ask("prepare", { case: TINY, variant });
  await assert.rejects(prepare("bad"), /^Error: peer: no such layout$/);
  assert.equal((await prepare("plain")).parameters, 3);
  assert.equal((await process.ask("describe", {})).name, "Fake");
});

Deno.test({
  name: "peakMemory and processSeconds read what Linux knows of a process",
  ignore: Deno.build.os !== "linux",
  fn() {
    const before = peakMemory(Deno.pid)!;
    assert.ok(before > 1e7 && before < 1e11);
    resetPeakMemory(Deno.pid);
    assert.ok(peakMemory(Deno.pid)! <= before + 2 ** 24); // what has come since counts
    assert.ok(processSeconds(Deno.pid)! > 0);
    assert.equal(peakMemory(2 ** 30), null);
  },
});

Deno.test("ownContender's worker answers with what keeps its engine from the device", async () => {
  const { worker } = ownContender(PROJECT, { threads: 1, device: "gpu:9999" });
  await using process = new WorkerProcess(worker, never);
  await assert.rejects(process.ask("describe", {}), {
    name: "Refusal",
    message: /^Forgery Clues: RangeError: The device gpu:9999 is not there/,
  });
});

Deno.test("bench refuses a GPU that is not there, before anything is installed for it", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--quiet", join(PROJECT.root, "lib/tasks/bench.ts")],
      ...["--peer", "torch", "--device", "gpu:9999"],
    ],
    env: { [SET_UP_MARK]: PROJECT.root },
  }).output();
  assert.match(new TextDecoder().decode(stderr), /The device gpu:9999 is not there\. .*: cpu/);
  assert.equal(code, 2);
});

/** A report of one case with the given speeds, and memory of 2 GB against 1 GB. */
function exampleReport(ours: number[], peers: number[]): BenchReport {
  const side = { tried: {}, parameters: 3, value: 0 };
  const sides = ["Ours", "Peer"].map((name) => ({
    name,
    version: "1",
    threads: 2,
    device: "CPU:0",
    tensorFloat32: false,
    detail: "",
    peak: { float32: 1e12, bfloat16: 2e12 },
  }));
  const memory = (peak: number) => ({ peakMemory: peak, stepMemory: peak / 2 });
  return {
    date: "2026-01-02 03:04",
    machine: { processor: "P", cores: 2, instructions: ["avx2"], memory: 8e9, system: "linux" },
    before: { busyCores: 0.1, load: 0.2 },
    sides,
    agreements: [{ network: "n2", parameters: 3, logits: 1e-6, loss: 0 }],
    results: [{
      case: TINY,
      steps: 1,
      ours: {
        ...side,
        ...memory(2e9),
        name: "Ours",
        variant: "captured",
        imagesPerSecond: ours,
        processorSeconds: ours.map((v) => 1 / v),
      },
      peer: {
        ...side,
        ...memory(1e9),
        name: "Peer",
        variant: "fast",
        imagesPerSecond: peers,
        processorSeconds: peers.map(() => null),
      },
      disturbance: ours.map(() => 0),
    }],
    failures: [{ case: "training-float32-n4", reason: "it fell over", refused: false }],
  };
}

Deno.test("reportCsv has a row for each case and round, with the ratio within the round", () => {
  const [header, ...rows] = reportCsv(exampleReport([10, 30], [20, 20])).trim().split("\n");
  assert.equal(header!.split(",").length, rows[0]!.split(",").length);
  const ratio = header!.split(",").indexOf("ratio");
  assert.deepEqual(rows.map((row) => Number(row.split(",")[ratio])), [0.5, 1.5]);
});

Deno.test("reports of a GPU name it, count its memory, and say what it refuses", () => {
  const report = exampleReport([10, 10, 10], [20, 20, 20]), [result] = report.results;
  const counted = { stepMemory: null, allocated: 5e8, reserved: 75e7 };
  const onGpu: BenchReport = {
    ...report,
    sides: report.sides.map((side) => ({ ...side, device: "GPU:1", tensorFloat32: true })),
    agreements: [{ ...report.agreements[0]!, rounded: { logits: 5e-4, loss: 4e-5 } }],
    results: [{
      ...result!,
      ours: { ...result!.ours, stepMemory: null },
      peer: { ...result!.peer!, ...counted },
    }],
    failures: [{ case: "training-bfloat16-n2", reason: "it has none", refused: true }],
  };
  const [header, row] = reportCsv(onGpu).split("\n").map((line) => line.split(","));
  const cell = (name: string) => row![header!.indexOf(name)];
  assert.deepEqual(
    ["device", "peer_allocated_bytes", "peer_reserved_bytes"].map(cell),
    ["GPU:1", "500000000", "750000000"],
  );
  const markdown = reportMarkdown(onGpu);
  assert.match(markdown, /\| 2\.00 \/ 1\.00 \(tensors 0\.50, kept 0\.75\), not reached \|/);
  assert.match(markdown, /- training-bfloat16-n2 is refused: it has none/);
  assert.match(markdown, /without TF32; with it, as timed, by 5\.0e-4 and 4\.0e-5/);
  assert.match(markdown, /Memory: what the process took of the card/);
  assert.match(markdown, /float32 on GPU:1 with TF32\./);
  assert.doesNotMatch(reportMarkdown(report), /of the card/);
});

Deno.test("judge leaves out rounds that others disturbed, unless hardly any is quiet", () => {
  const [result] = exampleReport([5, 9, 9, 9], [1, 10, 10, 10]).results;
  const judged = (disturbance: number[]) => judge({ ...result!, disturbance })!;
  assert.deepEqual(judged([1.5, 0, 0.1, 0]).rounds, [1, 2, 3]);
  assert.equal(judged([1.5, 0, 0.1, 0]).ratio.max, 0.9);
  assert.deepEqual(judged([1.5, 0, 0.9, 0]).rounds, [0, 1, 2, 3]);
});

Deno.test("writeReport says what was reached, what was not, and what failed", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const options = { folder, name: "one" };
    const paths = await writeReport(exampleReport([10, 12, 14], [10, 10, 10]), options);
    assert.deepEqual(paths.map((path) => path.slice(folder.length + 1)), [
      "one.json",
      "one.csv",
      "one.md",
    ]);
    const markdown = await Deno.readTextFile(paths[2]!);
    assert.match(markdown, /\*\*1\.20\*\* \(1\.10–1\.30\) \| unknown \| 1\.0 reached/);
    assert.match(markdown, /training-float32-n2: 2\.00 of the peer's memory, 1\.0 wanted/);
    assert.match(markdown, /training-float32-n4 failed\*\*: it fell over/);
    const json = JSON.parse(await Deno.readTextFile(paths[0]!));
    assert.deepEqual(json.verdicts["training-float32-n2"].fast, true);
    assert.deepEqual([...Deno.readDirSync(folder)].length, 3, "no temporary file is left");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("runBench times our own side of a tiny detector, training and inference", async () => {
  const cases = (["training", "inference"] as const).flatMap((work) =>
    (["float32", "bfloat16"] as const).map((precision) => ({ ...TINY, work, precision }))
  );
  const refused = { ...TINY, work: "inference", precision: "float16" } as const; // processors do not mix it
  const report = await runBench({
    cases: [refused, ...cases],
    device: "cpu",
    rounds: 2,
    burstSeconds: 0.01,
    thorough: false,
    threads: 2,
    matrixSide: 64,
  }, { project: PROJECT, words: { say: () => {}, passing: () => {} }, signal: never });
  const [failure, ...others] = report.failures;
  assert.deepEqual(others, []);
  assert.deepEqual([failure!.case, failure!.refused], [caseName(refused), true]);
  assert.match(failure!.reason, /^Forgery Clues: RangeError: float16 is not what/);
  assert.equal(report.results.length, cases.length);
  for (const { ours } of report.results) {
    assert.equal(ours.imagesPerSecond.length, 2);
    assert.ok(ours.imagesPerSecond.every((speed) => speed > 0));
    assert.ok(Number.isFinite(ours.value), "the loss is a number");
    assert.ok(ours.parameters > 1e5);
  }
  assert.ok(report.sides[0]!.peak.float32! > 0);
  assert.equal(report.sides[0]!.peak.float16, undefined);
});
