// deno-lint-ignore-file no-console -- a program: it prints its answer
/**
 * A few steps of the paper's detector in a small size, on the engine that the environment names: run as a
 * program, it prints what came of them.
 */
import * as tf from "@tensorflow/tfjs";
import { cropSource } from "lib/batches/batch_source.ts";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { scoreCrops } from "lib/evaluation/predict.ts";
import { createLearner } from "lib/training/learner.ts";
import { passOver } from "lib/training/pass.ts";
import { seenBatch } from "lib/training/step.ts";
import { train } from "lib/training/train.ts";
import { madeUpCrops } from "./made_up_crops.ts";

/** What came of the steps. */
export interface SmallPaperSteps {
  /** That of the engine. */
  readonly backend: string;
  /** At the first weights, of each parameter by name. */
  readonly gradients: Readonly<Record<string, number[]>>;
  /** The objective, step by step. */
  readonly totals: readonly number[];
  /** Of eight pictures after the last step. */
  readonly scores: readonly number[];
}

/** Takes the gradients of the first batch, trains and scores. Dropout, drawn otherwise on each backend, is off. */
export async function smallPaperSteps(): Promise<SmallPaperSteps> {
  const { backend } = await startEngine();
  const configuration = vary(SMOKE, { backbone: "conv4", width: 1, dropout: 0, steps: 3 });
  const { detector } = configuration, crops = madeUpCrops(16);
  using learner = createLearner(configuration);
  await using source = cropSource(crops, configuration);
  const { indices: _, ...batch } = await source.batch(0);
  const { gradients } = passOver(learner.learnt, seenBatch(batch, configuration), {
    detector,
    names: Object.keys(learner.slots),
    seed: tf.tensor1d([1, 2], "int32"),
  });
  const read = Object.entries(gradients).map(async ([name, gradient]) =>
    [name, Array.from(await gradient.data())] as const
  );
  const found = Object.fromEntries(await Promise.all(read));
  const totals: number[] = [];
  for await (const { total } of train(learner, { source, configuration })) totals.push(total);
  const { parameters } = learner;
  const scores = await scoreCrops(crops.slice(0, 8), { detector, parameters });
  return { backend, gradients: found, totals, scores };
}

if (import.meta.main) console.log(JSON.stringify(await smallPaperSteps()));
