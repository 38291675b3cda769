/** What `train` says of a run on the way, and what to do next. */
import { NameTable } from "lib/data/name_table.ts";
import type { Sample } from "lib/data/samples.ts";
import type { Configuration } from "lib/detectors/configuration.ts";
import { isNormed } from "lib/networks/parameters.ts";
import type { ClassVideos } from "lib/evaluation/learnt.ts";
import { BEGINNING, selected } from "lib/training/selection.ts";
import type { StepRecord } from "lib/training/step_record.ts";

/** A few words on each step for the progress line: its loss, and what validation last said. */
export function stepNotes(): (record: StepRecord) => string {
  let latest: number | undefined, selection = BEGINNING;
  return (record) => {
    latest = record.validationAuc ?? latest;
    selection = selected(selection, record);
    const { best } = selection, loss = `loss ${record.total.toFixed(4)}`;
    if (latest === undefined || !best) return loss;
    return `${loss} · validation AUC ${latest.toFixed(4)}, best ${best.auc.toFixed(4)}`;
  };
}

/**
 * How micro-batches change what is learnt, where a run has them; undefined where it has none.
 *
 * @example
 * ```ts
 * import { vary } from "lib/detectors/configuration.ts";
 * import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { microBatchWords } from "lib/tasks/train/run_words.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(microBatchWords(PAPER), undefined);
 * assert.match(microBatchWords(vary(PAPER, { microBatchSize: 8 }))!, /32 micro-batches of 8.*those of 8/);
 * ```
 */
export function microBatchWords(
  { detector, data: { batchSize }, training: { microBatchSize } }: Configuration,
): string | undefined {
  if (microBatchSize === 0) return undefined;
  const count = batchSize / microBatchSize;
  return `Each batch of ${batchSize} is passed over in ${count} micro-batches of ${microBatchSize}, whose ` +
    "gradients are added up. " +
    (isNormed(detector.parameters)
      ? `Batch norm's statistics in training are those of ${microBatchSize} pictures, and its running ones ` +
        `move on ${count} times a step: this is not what a whole batch teaches.`
      : "There is no batch norm: this is what a whole batch teaches.");
}

/** How many videos of each class there are. */
export function videosOf(samples: Iterable<Sample>): ClassVideos {
  const videos = [new NameTable(), new NameTable()];
  for (const { label, video } of samples) videos[label].numberOf(video);
  return { real: videos[0].size, fake: videos[1].size };
}

/**
 * The command that measures a run.
 *
 * @param id The run's.
 * @param options `manifest`: where test samples are, if any are known; `detector`: what the command line
 * called it, as a run of one's own detector needs its file again.
 *
 * @example
 * ```ts
 * import { evaluateCommand } from "lib/tasks/train/run_words.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(
 *   evaluateCommand("try-0a1b2c3d", { manifest: "my faces/manifest.csv", detector: "./mine.ts" }),
 *   'deno task evaluate try-0a1b2c3d --data "my faces/manifest.csv" --detector ./mine.ts',
 * );
 * ```
 */
export function evaluateCommand(
  id: string,
  { manifest, detector }: { manifest: string | undefined; detector: string | undefined },
): string {
  const quoted = (text: string) => /^[\w./:@%+-]+$/.test(text) ? text : JSON.stringify(text);
  const data = manifest === undefined ? "MANIFEST" : quoted(manifest);
  const own = detector?.endsWith(".ts") ? ` --detector ${quoted(detector)}` : "";
  return `deno task evaluate ${id} --data ${data}${own}`;
}
