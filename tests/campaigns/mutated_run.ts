/** Run folders in which one file is mutated: listed, read back, and gone on with. */
import { join } from "node:path";
import { cropSource } from "lib/batches/batch_source.ts";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { createLearner } from "lib/training/learner.ts";
import { listRuns, readRun } from "lib/training/recorded_runs.ts";
import { recordRun } from "lib/training/run_record.ts";
import { openRunStore } from "lib/training/run_store.ts";
import { train } from "lib/training/train.ts";
import { validationCrops } from "lib/training/validation.ts";
import { madeUpCrops } from "../training/made_up_crops.ts";
import { campaignCommand } from "./campaign_command.ts";
import { mutationCampaign, type Original, type Subject, WrongValue } from "./mutation_campaign.ts";

const STEPS = 6;
const CONFIGURATION = vary(SMOKE, {
  backbone: "conv4",
  width: 1,
  batchSize: 4,
  steps: 2 * STEPS,
  validateEvery: 2,
});

/** Trains half a run, and returns its files by name. */
async function stoppedRun(): Promise<Record<string, Uint8Array>> {
  const engine = await startEngine(), folder = await Deno.makeTempDir();
  using learner = createLearner(CONFIGURATION);
  await using source = cropSource(madeUpCrops(16), CONFIGURATION);
  const validation = validationCrops(madeUpCrops(8, "validation"));
  const options = { source, validation, configuration: CONFIGURATION, folder, keepEvery: 2 };
  const data = { source: "made up", sha256: "0".repeat(64), training: 16, validation: 8 };
  const facts = { name: "run", configuration: CONFIGURATION, data, engine };
  const records = recordRun(train(learner, options), {
    folder,
    ...facts,
    batchesPerEpoch: source.batchesPerEpoch,
  });
  for await (const { step } of records) if (step + 1 === STEPS) break;
  const files: Record<string, Uint8Array> = {};
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && name !== ".lock") files[`run/${name}`] = await Deno.readFile(join(folder, name));
  }
  await Deno.remove(folder, { recursive: true });
  return files;
}

const PIECES = [
  ...[
    "step",
    "seconds",
    "total",
    "validationAuc",
    "null",
    "NaN",
    "Infinity",
    "-1",
    "1e999",
    "0x10",
  ],
  ...[
    ",",
    "\n",
    '"',
    '\\"',
    ": ",
    "{",
    "}",
    "[",
    "]",
    "!!js/function x",
    "&a [*a]",
    "<<: *a",
    "  ",
  ],
];

/** A run that was stopped in the middle; each of its files is mutated in turn. */
export async function subject(): Promise<Subject> {
  const files = await stoppedRun();
  const originals = Object.entries(files).map(([name, bytes]): Original => {
    const { [name]: _, ...beside } = files;
    return { name, bytes, beside, pieces: PIECES };
  });
  const learner = createLearner(CONFIGURATION);
  return {
    originals,
    leaves: /^run\/(\.lock|metrics\.csv)$/,
    read: async ({ folder }) => {
      const [row] = await listRuns({ root: folder });
      if (!row) throw new WrongValue("the run is not listed");
      const { record, metrics } = await readRun("run", { root: folder });
      const isRight = row.steps === metrics.length && typeof record.name === "string" &&
        typeof row.seed === "number" && metrics.every(({ step }, i) => step === i);
      if (!isRight) throw new WrongValue(JSON.stringify(row));
      await using store = await openRunStore(join(folder, "run"), {
        learner,
        configuration: CONFIGURATION,
      });
      const { step } = store.kept;
      if (!Number.isSafeInteger(step) || step < 0 || step > 2 * STEPS) {
        throw new WrongValue(`it goes on at step ${step}`);
      }
      return step === STEPS && row.steps === STEPS ? "the same" : "another";
    },
  };
}

if (import.meta.main) {
  await campaignCommand("mutated_run", (args) => mutationCampaign(import.meta.url, args));
}
