/** What a run leaves for people, and reading it back. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { from } from "arquero";
import { plainConfiguration, vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { openHistory } from "lib/training/history.ts";
import { readHistory } from "lib/training/history_rows.ts";
import { protocolHash } from "lib/training/protocol.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { recordRun, RUN_FILES } from "lib/training/run_record.ts";
import { compareRuns, listRuns, readRun } from "lib/training/recorded_runs.ts";
import { inFolder } from "../in_folder.ts";

const engine = await startEngine();
const data = { source: "manifest.csv", sha256: "ab", training: 16, validation: 4 };

const record = (step: number): StepRecord => ({
  step,
  learningRate: 1e-3 / 3,
  seconds: 60 * (step + 1),
  total: 1 / (step + 3),
  ...(step % 2 === 1 ? { validationAuc: 0.5 + step / 10, validationLogLoss: 0.7 } : {}),
});

/** Records, with the history that `train` keeps of them in the folder. */
async function* records(
  folder: string,
  count: number,
  { from = 0, fail = false, recordOf = record } = {},
) {
  await Deno.mkdir(folder, { recursive: true });
  using history = (await openHistory(folder, from)).history;
  for (let step = from; step < count; step++) {
    await history.append(recordOf(step));
    yield recordOf(step);
  }
  if (fail) throw new Error("stopped");
}

const facts = {
  name: "try",
  configuration: SMOKE, // four steps
  data,
  batchesPerEpoch: 2,
  engine,
  notes: "A note: with a colon.",
};
const drain = async (items: AsyncIterable<StepRecord>) => await Array.fromAsync(items);

Deno.test("recordRun passes records on and keeps every digit of them for a data frame", async () => {
  await inFolder(async (root) => {
    const folder = join(root, "try-1");
    const passed = await drain(recordRun(records(folder, 4), { ...facts, folder }));
    assert.deepEqual(passed, [0, 1, 2, 3].map(record));
    assert.deepEqual(await Array.fromAsync(readHistory(folder)), passed);
    const { record: run, configuration } = await readRun("try-1", { root });
    assert.deepEqual(plainConfiguration(configuration), plainConfiguration(SMOKE));
    assert.deepEqual(run.data, data);
    assert.equal(run.protocol, protocolHash(SMOKE, { training: "ab" }));
    assert.deepEqual([run.steps, run.sittings, run.notes], [4, 1, "A note: with a colon."]);
    assert.equal(run.environment.backend, engine.backend);
    assert.ok(Date.parse(run.finished!) >= Date.parse(run.started));
    const [{ name }] = await Array.fromAsync(Deno.readDir(join(folder, RUN_FILES.tensorboard)));
    const events = await Deno.readFile(join(folder, RUN_FILES.tensorboard, name));
    assert.ok(new TextDecoder("latin1").decode(events).includes("validation/validationAuc"));
  });
});

Deno.test("recordRun goes on with a run whose records are handed out again or not, and counts the sittings", async () => {
  await inFolder(async (root) => {
    const folder = join(root, "try-1");
    await assert.rejects(
      drain(recordRun(records(folder, 2, { fail: true }), { ...facts, folder })),
      /stopped/,
    );
    const first = await readRun("try-1", { root });
    assert.deepEqual([first.record.finished, first.record.steps], [null, 2]);
    await drain(recordRun(records(folder, 3, { from: 2 }), { ...facts, folder }));
    const second = await readRun("try-1", { root });
    assert.deepEqual([second.record.sittings, second.record.steps], [2, 3]);
    const events = () => [...Deno.readDirSync(join(folder, RUN_FILES.tensorboard))].length;
    assert.equal(events(), 2); // one beside the other, as TensorBoard reads them
    await drain(recordRun(records(folder, 4), { ...facts, folder }));
    const third = await readRun("try-1", { root });
    assert.equal(third.record.started, first.record.started);
    assert.deepEqual([third.record.sittings, third.record.steps], [3, 4]);
    assert.equal(third.metrics.length, 4);
    assert.equal(events(), 1); // all of them anew

    await drain(recordRun(records(folder, 4), { ...facts, folder })); // it was finished before
    assert.deepEqual((await readRun("try-1", { root })).record, third.record);
  });
});

Deno.test("recordRun writes nothing before the first record: another process may be at work there", async () => {
  await inFolder(async (folder) => {
    // deno-lint-ignore require-yield -- as `train` refused by a lock
    const refused = async function* (): AsyncGenerator<StepRecord> {
      await Promise.reject(new Error("Another run"));
    };
    await assert.rejects(drain(recordRun(refused(), { ...facts, folder })), /Another run/);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("recordRun calls a run finished at its last step or its patience's end, not where it was stopped", async () => {
  await inFolder(async (root) => {
    const finished = async (count: number, configuration = SMOKE) => {
      const id = `${count}-${configuration.training.epochs}`, folder = join(root, id);
      await drain(recordRun(records(folder, count), { ...facts, configuration, folder }));
      return (await readRun(id, { root })).record.finished !== null;
    };
    assert.equal(await finished(3), false); // as after an abort
    assert.equal(await finished(4), true);
    const byEpochs = vary(SMOKE, { steps: 0, epochs: 3 });
    assert.deepEqual([await finished(5, byEpochs), await finished(6, byEpochs)], [false, true]);
    const recordOf = (step: number) => ({ ...record(step), validationAuc: 0.9 - step / 10 });
    const falling = records(join(root, "b"), 3, { recordOf });
    const patient = { ...facts, configuration: vary(SMOKE, { patience: 2, steps: 100 }) };
    await drain(recordRun(falling, { ...patient, folder: join(root, "b") }));
    assert.ok((await readRun("b", { root })).record.finished !== null);
  });
});

Deno.test("listRuns and compareRuns give rows for Arquero and for training curves", async () => {
  await inFolder(async (root) => {
    assert.deepEqual(await listRuns({ root: join(root, "nowhere") }), []);
    await Deno.mkdir(join(root, "something else"));
    await drain(recordRun(records(join(root, "a"), 4), { ...facts, folder: join(root, "a") }));
    const other = { ...facts, configuration: vary(SMOKE, { seed: 7 }), folder: join(root, "b") };
    await assert.rejects(drain(recordRun(records(other.folder, 1, { fail: true }), other)));
    const rows = await listRuns({ root });
    assert.deepEqual(from(rows).array("id"), ["a", "b"]);
    assert.deepEqual(rows.map((r) => [r.seed, r.state, r.steps, r.bestAuc, r.bestStep]), [
      [SMOKE.training.seed, "finished", 4, 0.8, 3],
      [7, "stopped", 1, null, null],
    ]);
    assert.equal(rows[0].protocol, rows[1].protocol);
    assert.equal(rows[0].minutes, 4);

    const terms = ["total", "validationAuc"];
    const long = await compareRuns(["a"], { terms, root });
    assert.deepEqual(long.filter((r) => r.term === "validationAuc").map((r) => r.step), [1, 3]);
    assert.equal(long.length, 6);
    await assert.rejects(compareRuns(["b"], { terms, root }), /no "validationAuc"/);
    await assert.rejects(compareRuns(["c"], { terms, root }), /No run "c"/);
  });
});
