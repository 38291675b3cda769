/** Errors in mid-run: what is kept, what is said, and that the run then goes on to the same end. */
import assert from "node:assert/strict";
import { type BatchSource, cropSource } from "lib/batches/batch_source.ts";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { createLearner } from "lib/training/learner.ts";
import type { StepRecord } from "lib/training/step_record.ts";
import { train, type TrainOptions } from "lib/training/train.ts";
import { validationCrops, type ValidationSamples } from "lib/training/validation.ts";
import { inFolder } from "../in_folder.ts";
import { madeUpCrops } from "./made_up_crops.ts";

await startEngine();
const configuration = vary(SMOKE, { backbone: "conv4", width: 1, steps: 12, validateEvery: 4 });
const crops = madeUpCrops(16), heldOut = madeUpCrops(8, "validation");

/** Batches that cannot be read from a step on. */
function failingSource(from: number): BatchSource {
  const source = cropSource(crops, configuration);
  return {
    ...source,
    batch: (step) => step < from ? source.batch(step) : Promise.reject(new Error("torn.png")),
  };
}

/** Validation samples of which the first pass does something in the middle. */
function eventfulValidation(event: () => void): ValidationSamples {
  let passes = 0;
  const list = [...heldOut];
  list[Symbol.iterator] = function* () {
    passes++;
    for (let i = 0; i < heldOut.length; i++) {
      if (passes === 1 && i === 4) event();
      yield heldOut[i];
    }
  } as typeof list[typeof Symbol.iterator];
  return validationCrops(list);
}

async function sit(
  options: Partial<TrainOptions> & { folder: string },
): Promise<{ records: StepRecord[]; lines: string[]; error: Error | undefined }> {
  using learner = createLearner(configuration);
  await using source = cropSource(crops, configuration);
  const records: StepRecord[] = [], lines: string[] = [];
  const whole = { source, configuration, validation: validationCrops(heldOut), ...options };
  try {
    for await (const record of train(learner, { ...whole, notice: (line) => lines.push(line) })) {
      records.push({ ...record, seconds: 0 });
    }
  } catch (error) {
    return { records, lines, error: error as Error };
  }
  return { records, lines, error: undefined };
}

Deno.test("train keeps the state before a batch that cannot be read, says so, and goes on there", async () => {
  await inFolder(async (folder) => {
    const { records: whole } = await sit({ folder: `${folder}/whole` });
    const run = { folder: `${folder}/run` };
    const failed = await sit({ ...run, source: failingSource(6) });
    assert.match(failed.error!.message, /^torn\.png$/);
    assert.deepEqual(failed.records, whole.slice(0, 6));
    assert.deepEqual(failed.lines, ["Kept 6 of 12 steps. The same call goes on there."]);
    const again = await sit({ ...run, source: failingSource(6) }); // not mended: nothing gets lost
    assert.match(again.error!.message, /^torn\.png$/);
    assert.deepEqual(again.records, whole.slice(0, 6));
    const mended = await sit(run);
    assert.deepEqual(mended.records, whole);
  });
});

Deno.test("train keeps the step whose validation fails or is interrupted, and only validates it again", async () => {
  await inFolder(async (folder) => {
    const { records: whole } = await sit({ folder: `${folder}/whole` });
    const failing = eventfulValidation(() => {
      throw new Error("unreadable.png");
    });
    const run = { folder: `${folder}/run` };
    const failed = await sit({ ...run, validation: failing });
    assert.match(failed.error!.message, /unreadable\.png/);
    assert.deepEqual(failed.records, whole.slice(0, 3)); // that of step 3 lacks its validation
    assert.deepEqual((await sit({ ...run, source: failingSource(4) })).records, whole.slice(0, 4));
    assert.deepEqual((await sit(run)).records, whole);

    const stop = new AbortController();
    const interrupted = eventfulValidation(() => stop.abort());
    const other = { folder: `${folder}/other` };
    const stopped = await sit({ ...other, validation: interrupted, signal: stop.signal });
    assert.deepEqual([stopped.error, stopped.records], [undefined, whole.slice(0, 3)]);
    assert.deepEqual(
      (await sit({ ...other, source: failingSource(4) })).records,
      whole.slice(0, 4),
    );
    assert.deepEqual((await sit(other)).records, whole);
  });
});

Deno.test("train says what failed and that the state could not be kept, after an error and after an abort", async () => {
  await inFolder(async (folder) => {
    // A folder in the place of the state's file: as on a disk that takes no more.
    const blocked = (run: string) =>
      Deno.mkdirSync(`${run}/checkpoint.next.safetensors/x`, { recursive: true });
    const source = failingSource(6), run = `${folder}/run`;
    const failed = await sit({
      folder: run,
      source: {
        ...source,
        batch: (step) => {
          if (step === 6) blocked(run);
          return source.batch(step);
        },
      },
    });
    assert.match(
      failed.error!.message,
      /torn\.png\n.*state could not be kept either: Cannot write/,
    );
    assert.deepEqual((failed.error as AggregateError).errors.length, 2);

    const stop = new AbortController(), other = `${folder}/other`, calm = failingSource(99);
    const aborted = await sit({
      folder: other,
      signal: stop.signal,
      source: {
        ...calm,
        batch: (step) => {
          if (step === 2) blocked(other);
          if (step === 2) stop.abort();
          return calm.batch(step);
        },
      },
    });
    assert.match(aborted.error!.message, /Cannot write .*checkpoint/);
  });
});
