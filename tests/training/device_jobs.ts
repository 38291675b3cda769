/** What several devices train in tests. */
import { cropSource } from "lib/batches/batch_source.ts";
import type { Membership } from "lib/engine/collectives.ts";
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { exposingTheDeception } from "lib/detectors/exposing_the_deception/exposing_the_deception.ts";
import { foundationEncoder } from "lib/detectors/foundation_encoder/foundation_encoder.ts";
import { createLearner } from "lib/training/learner.ts";
import { train } from "lib/training/train.ts";
import { validationCrops } from "lib/training/validation.ts";
import { madeUpCrops } from "./made_up_crops.ts";

/** A vision transformer without batch norm, on mixed and augmented pictures. */
const transformer = vary(presetOf(foundationEncoder, "smoke"), {
  ...{ imageSize: 32, size: "shallow", patchSize: 16 },
  ...{ batchSize: 8, mixup: 0.5, clipNorm: 1, steps: 6, validateEvery: 3 },
});

/** The paper's detector with batch norm, whose local information loss looks at the whole batch. */
const exposing = vary(presetOf(exposingTheDeception, "smoke"), {
  ...{ backbone: "conv4", blocks: 2, width: 0.25, dropout: 0 },
  // Adam would make whole steps of gradients that are but rounding, as those before a batch norm.
  ...{ batchSize: 8, steps: 3, validateEvery: 3, optimiser: "sgd" },
});

/** One run of a process. */
export interface DeviceJob {
  readonly name: "transformer" | "exposing";
  /** Where the first process keeps it. */
  readonly folder: string;
  readonly changes?: object;
  /** The step before which the last process kills itself. */
  readonly dieAt?: number;
}

/** Trains, and tells each step and at the end the learnt values. */
export async function trainJob(
  { name, folder, changes = {}, dieAt }: DeviceJob,
  { rank, size }: Membership,
  tell: (what: object) => void,
): Promise<void> {
  const configuration: Configuration = name === "transformer"
    ? vary(transformer, changes)
    : vary(exposing, changes);
  const source = cropSource(madeUpCrops(24), configuration, { rank, size });
  using learner = createLearner(configuration);
  const records = train(learner, {
    ...{ source, configuration, keepEvery: 2, replay: false },
    validation: validationCrops(madeUpCrops(8, "validation")),
    ...rank === 0 ? { folder, notice: (notice: string) => tell({ notice }) } : {},
  });
  for await (const { step, total, validationAuc } of records) {
    tell({ loss: total, auc: validationAuc });
    if (rank === size - 1 && step + 1 === dieAt) Deno.kill(Deno.pid, "SIGKILL");
    if (step + 1 < configuration.training.steps) continue;
    tell({
      values: Object.values(learner.trained).flatMap((variable) => [...variable.dataSync()]),
    });
  }
}
