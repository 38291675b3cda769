/** The networks whose scaling is looked at, and what follows from them without running anything. */
import { bucketsOf } from "lib/engine/collectives.ts";
import { detectorCost } from "lib/evaluation/cost.ts";
import { isTrained, type ParameterSpecification } from "lib/networks/parameters.ts";
import type { DetectorCase } from "../bench_cases.ts";
import { configurationOf } from "../case_inputs.ts";

/** A network by the detector that has it. */
export interface ScaledNetwork {
  /** Its name in tables. */
  readonly name: string;
  /** The detector. */
  readonly detector: string;
  /** Fields of its first preset that are changed. */
  readonly changes: readonly string[];
}

/** From small to large. */
export const SCALED: readonly ScaledNetwork[] = Object.freeze([
  { name: "Xception", detector: "xception", changes: [] },
  { name: "ResNet-34", detector: "sbi", changes: ["network=resnet34"] },
  { name: "EfficientNet-B7", detector: "efficientnet", changes: [] },
  {
    name: "PAPER, four blocks",
    detector: "exposing_the_deception",
    changes: ["blocks=4"],
  },
  {
    name: "ViT-B/16",
    detector: "foundation_encoder",
    changes: ["size=base", "patchSize=16", "tuning=all"],
  },
]);

/** A network as a case of the bench, at another size where one is given. */
export function caseOf(
  { detector, changes }: ScaledNetwork,
  { batch, size }: { batch: number; size?: number },
): DetectorCase {
  return {
    work: "training",
    precision: "float32",
    batch,
    detector,
    changes: [...changes, ...size === undefined ? [] : [`imageSize=${size}`]],
  };
}

/** What can be counted of a network. */
export interface CountedNetwork {
  /** Its name. */
  readonly name: string;
  /** Side of its pictures as published, in pixels. */
  readonly side: number;
  /** Numbers that gradients change. */
  readonly learnt: number;
  /** Multiply-adds of a picture's forward pass at that side. */
  readonly macs: number;
  /** Its batch norms. */
  readonly batchNorms: number;
  /** Bytes of each collective of a step, in the order in which they are begun. */
  readonly buckets: readonly number[];
}

/** Bytes of a float32. */
const FLOAT = 4;

/** Counts a network. */
export async function countNetwork(network: ScaledNetwork): Promise<CountedNetwork> {
  const { detector } = await configurationOf(caseOf(network, { batch: 8 }));
  const specifications = [...detector.parameters, ...detector.trainingState];
  const size = ({ shape }: ParameterSpecification) => shape.reduce((a, b) => a * b, 1);
  const learnt = specifications.filter(isTrained);
  const statistics = specifications.filter(({ role }) => /^running/.test(role));
  // As `meansOf` lists them, which sends the last ones first.
  const sent = [...statistics, ...learnt].map((of) => [of.name, { size: size(of) }] as const);
  return {
    name: network.name,
    side: detector.input.size,
    learnt: learnt.reduce((sum, of) => sum + size(of), 0),
    macs: (await detectorCost(detector)).macs,
    batchNorms: statistics.length / 2,
    buckets: bucketsOf(sent.reverse())
      .map((bucket) => FLOAT * bucket.reduce((sum, [, { size }]) => sum + size, 0)),
  };
}
