/**
 * HRNet (Wang et al., "Deep High-Resolution Representation Learning", 2019): branches at strides 4, 8, 16 and
 * 32 that exchange what they see. Names, strides and padding are those of the official code and of timm.
 */
import * as tf from "@tensorflow/tfjs";
import type { Layers } from "./layers.ts";
import {
  applyBottleneck,
  applyChain,
  applyNormed,
  bottleneck,
  convolutionsOf,
  LISTED,
  normed,
  type NormedConvolution,
  normedParameters,
} from "./normed_convolutions.ts";
import type { ParameterSpecification } from "./parameters.ts";
import { repeatPixels } from "./repeat_pixels.ts";

/** Stages with exchange: how many modules each has, beginning with the second. */
const MODULES = [1, 4, 3] as const;

/** Residual units in each branch of a module; bottlenecks in the first stage. */
const UNITS = 4;

/** Channels of the two first convolutions, and of a bottleneck of the first stage inside and out. */
const STEM = 64, INNER = 64, WIDE = 256;

/** Channels of branch i. */
const wide = (channels: number, branch: number) => channels * 2 ** branch;

const stem = (): NormedConvolution[] =>
  [3, STEM].map((inputs, i) =>
    normed("", [`conv${i + 1}`, `bn${i + 1}`], { size: 3, inputs, outputs: STEM, stride: 2 })
  );

const firstStage = () =>
  Array.from(
    { length: UNITS },
    (_, i) => bottleneck(`layer1.${i}`, i === 0 ? STEM : WIDE, INNER),
  );

/** The new branches before stage k (from 2): their convolutions by branch; others pass unchanged. */
function transition(stage: number, channels: number): Map<number, NormedConvolution> {
  const name = `transition${stage - 1}`, last = stage - 1;
  const grown = (branch: number, inputs: number) =>
    normed(`${name}.${branch}.0`, LISTED, {
      size: 3,
      inputs,
      outputs: wide(channels, branch),
      stride: 2,
    });
  if (stage > 2) return new Map([[last, grown(last, wide(channels, last - 1))]]);
  const first = normed(`${name}.0`, LISTED, {
    size: 3,
    inputs: WIDE,
    outputs: channels,
    stride: 1,
  });
  return new Map([[0, first], [1, grown(1, WIDE)]]);
}

/** The two convolutions of a residual unit. */
const basicUnit = (name: string, channels: number): NormedConvolution[] =>
  [1, 2].map((i) =>
    normed(name, [`.conv${i}`, `.bn${i}`], {
      size: 3,
      inputs: channels,
      outputs: channels,
      stride: 1,
    })
  );

/** What leads from branch `from` to branch `to`: one 1×1 upwards, or as many halvings downwards. */
function exchange(name: string, { from, to, channels }: {
  from: number;
  to: number;
  channels: number;
}): NormedConvolution[] {
  const path = `${name}.fuse_layers.${to}.${from}`;
  const [inputs, outputs] = [wide(channels, from), wide(channels, to)];
  if (from > to) return [normed(path, LISTED, { size: 1, inputs, outputs, stride: 1 })];
  return Array.from({ length: to - from }, (_, k) =>
    normed(`${path}.${k}`, LISTED, {
      size: 3,
      inputs,
      outputs: k === to - from - 1 ? outputs : inputs,
      stride: 2,
    }));
}

/** All places, 0 to below `count`. */
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** The parameters of a module's branches and exchanges, in PyTorch's order. */
function moduleParameters(name: string, branches: number, channels: number): NormedConvolution[] {
  return [
    ...upTo(branches).flatMap((branch) =>
      upTo(UNITS).flatMap((unit) =>
        basicUnit(`${name}.branches.${branch}.${unit}`, wide(channels, branch))
      )
    ),
    ...upTo(branches).flatMap((to) =>
      upTo(branches).flatMap((from) => from === to ? [] : exchange(name, { from, to, channels }))
    ),
  ];
}

/**
 * The parameters of the trunk in PyTorch's order: 29,305,536 learnt ones for 32 channels.
 *
 * @param channels Of the first branch; each further one has twice as many. Published: 18, 32, 48.
 */
export function hrnetParameters(channels: number): ParameterSpecification[] {
  const convolutions = [
    ...stem(),
    ...firstStage().flatMap(convolutionsOf),
    ...MODULES.flatMap((modules, i) => {
      const stage = i + 2;
      return [
        ...transition(stage, channels).values(),
        ...upTo(modules).flatMap((module) =>
          moduleParameters(`stage${stage}.${module}`, stage, channels)
        ),
      ];
    }),
  ];
  return convolutions.flatMap(normedParameters);
}

/** A module: every branch by itself, then each the sum of all, brought to its size. */
function runModule(name: string, xs: readonly tf.Tensor4D[], run: HrnetRun): tf.Tensor4D[] {
  const { layers, channels } = run;
  const seen = xs.map((x, branch) =>
    upTo(UNITS).reduce((y, unit) => {
      const inner = basicUnit(`${name}.branches.${branch}.${unit}`, wide(channels, branch));
      return tf.relu(tf.add(applyChain(y, inner, layers), y)) as tf.Tensor4D;
    }, x)
  );
  return seen.map((own, to) =>
    tf.relu(
      seen.map((x, from) => {
        if (from === to) return own;
        const y = applyChain(x, exchange(name, { from, to, channels }), layers);
        return from > to ? repeatPixels(y, 2 ** (from - to)) : y;
      }).reduce((sum, x) => tf.add(sum, x)),
    )
  );
}

/** What a pass needs. */
export interface HrnetRun {
  /** Over the parameters of `hrnetParameters`. */
  readonly layers: Layers;
  /** Of the first branch. */
  readonly channels: number;
}

/**
 * What the four branches see at the end. The tap is called at `layer1`, and at each branch of `stage2`,
 * `stage3` and `stage4`, such as `stage4.0`.
 *
 * @param images Normalised RGB, `[batch, height, width, 3]`, sides multiples of 32.
 * @returns `[batch, side / 4 / 2ⁱ, …, channels · 2ⁱ]` for branch i.
 */
export function hrnet(images: tf.Tensor4D, run: HrnetRun): tf.Tensor4D[] {
  const { layers, channels } = run;
  let x = images;
  for (const convolution of stem()) x = tf.relu(applyNormed(x, convolution, layers));
  for (const unit of firstStage()) x = applyBottleneck(x, unit, layers);
  let branches = [layers.tap("layer1", x)];
  MODULES.forEach((modules, i) => {
    const stage = i + 2, grown = transition(stage, channels);
    branches = upTo(stage).map((branch) => {
      const convolution = grown.get(branch), from = branches[Math.min(branch, branches.length - 1)];
      return convolution ? tf.relu(applyNormed(from, convolution, layers)) : from;
    });
    for (const module of upTo(modules)) {
      branches = runModule(`stage${stage}.${module}`, branches, run);
    }
    branches = branches.map((y, branch) => layers.tap(`stage${stage}.${branch}`, y));
  });
  return branches;
}
