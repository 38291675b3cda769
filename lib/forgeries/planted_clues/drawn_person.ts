/**
 * Everything about one drawn face that is chance: shape, colours, light, background, where its clues
 * would be, and the camera. All is drawn whether or not a clue is there, so that a picture with a clue
 * and the one without it differ in that clue alone.
 */
import type { Random } from "lib/random.ts";

/** Red, green and blue, 0 to 1. */
export type Colour = readonly [number, number, number];

/** A number that grows along an axis as a wave's angle does: radians a pixel, and radians at pixel 0. */
export type Wave = readonly [frequency: number, phase: number];

/**
 * One person before one camera. Positions and radii without a unit are in the face's own axes, in
 * which its outline is the unit circle, x to the right and y down; angles are in radians.
 */
export interface Person {
  /** The outline: centre and radii in pixels, tilt to the right. */
  readonly pose: Readonly<
    Record<"centreX" | "centreY" | "radiusX" | "radiusY" | "tilt", number>
  >;
  /** A gradient of two colours in the direction of `angle`, and faint waves of strength `waves`. */
  readonly background: {
    readonly from: Colour;
    readonly to: Colour;
    readonly angle: number;
    readonly waveX: Wave;
    readonly waveY: Wave;
    readonly waves: number;
  };
  /** Colour of the skin. */
  readonly skin: Colour;
  /** A larger ellipse behind the face, `breadth` wide, moved up by `lift`, cut off below `end`. */
  readonly hair: Readonly<Record<"breadth" | "lift" | "end", number>> & { readonly colour: Colour };
  /** Light from one side: a factor of up to 1 ± strength. */
  readonly light: Readonly<Record<"angle" | "strength", number>>;
  /** Both eyes at ±x, and the brows that much above them. */
  readonly eyes: Readonly<Record<"x" | "y" | "size", number>> & {
    readonly iris: Colour;
    readonly browLifts: readonly [number, number];
  };
  /** Where the nose's shadow runs. */
  readonly noseX: number;
  /** Lips, and teeth `toothWidth` pixels wide, the first gap at `firstGap` of a tooth. */
  readonly mouth: Readonly<
    Record<"width" | "height" | "y" | "toothWidth" | "firstGap" | "brightness", number>
  >;
  /** Ghost clue: the second outline lies `shift` pixels away. */
  readonly ghost: Readonly<Record<"angle" | "shift", number>>;
  /** Tone clue: centre and radii of the patch, and which way the hue moves, 1 or −1. */
  readonly tone: Readonly<Record<"x" | "y" | "radiusX" | "radiusY" | "sign", number>>;
  /** Seam clue: height of the arc, its bend and half length, and lighter, 1, or darker, −1. */
  readonly seam: Readonly<Record<"y" | "bend" | "halfLength" | "sign", number>>;
  /** Gamma, a gain for each channel, and the noise as a factor on the setting's. */
  readonly camera: { readonly gamma: number; readonly gains: Colour; readonly noise: number };
}

const LIGHT_SKIN: Colour = [0.93, 0.76, 0.66], DARK_SKIN: Colour = [0.42, 0.27, 0.2];
const DARK_HAIR: Colour = [0.12, 0.09, 0.08], LIGHT_HAIR: Colour = [0.55, 0.4, 0.22];

/** Where a tone patch can be: either cheek, or the forehead. */
const PATCHES = [[-0.5, 0.2], [0.5, 0.2], [0, -0.55]] as const;

/**
 * A new person.
 *
 * @param size Side of the picture in pixels.
 */
export function drawPerson(random: Random, size: number): Person {
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const around = (mean: number, spread: number) => mean + spread * random.normal();
  const angle = () => between(0, 2 * Math.PI);
  const sign = () => random.uniform() < 0.5 ? 1 : -1;
  const colour = (low: number, high: number): Colour => [
    between(low, high),
    between(low, high),
    between(low, high),
  ];
  const mixed = (a: Colour, b: Colour): Colour => {
    const share = random.uniform();
    const at = (c: 0 | 1 | 2) => around(a[c] + (b[c] - a[c]) * share, 0.03);
    return [at(0), at(1), at(2)];
  };
  const [patchX, patchY] = PATCHES[random.integer(PATCHES.length)];
  return {
    pose: {
      centreX: size / 2 + around(0, 1.2),
      centreY: size * 0.52 + around(0, 1),
      radiusX: size * between(0.3, 0.36),
      radiusY: size * between(0.38, 0.44),
      tilt: around(0, 0.08),
    },
    background: {
      from: colour(0.1, 0.9),
      to: colour(0.1, 0.9),
      angle: angle(),
      waveX: [between(0.05, 0.3), angle()] as const,
      waveY: [between(0.05, 0.3), angle()] as const,
      waves: between(0, 0.12),
    },
    skin: mixed(LIGHT_SKIN, DARK_SKIN),
    hair: {
      colour: mixed(DARK_HAIR, LIGHT_HAIR),
      breadth: between(1.1, 1.3),
      lift: between(0.12, 0.25),
      end: between(0.1, 0.9),
    },
    light: { angle: angle(), strength: between(0, 0.25) },
    eyes: {
      x: between(0.36, 0.44),
      y: between(-0.22, -0.12),
      size: between(0.11, 0.15),
      iris: colour(0.05, 0.5),
      browLifts: [between(0.17, 0.2), between(0.17, 0.2)] as const,
    },
    noseX: between(0.06, 0.12),
    mouth: {
      width: between(0.36, 0.48),
      height: between(0.12, 0.17),
      y: between(0.5, 0.58),
      toothWidth: between(2.8, 3.6),
      firstGap: random.uniform(),
      brightness: between(0.8, 0.95),
    },
    ghost: { angle: angle(), shift: between(2.2, 3.4) },
    tone: {
      x: around(patchX, 0.04),
      y: around(patchY, 0.04),
      radiusX: between(0.24, 0.3),
      radiusY: between(0.18, 0.24),
      sign: sign(),
    },
    seam: {
      y: between(0.66, 0.78),
      bend: between(0.1, 0.3),
      halfLength: between(0.55, 0.7),
      sign: sign(),
    },
    camera: {
      gamma: between(0.85, 1.18),
      gains: colour(0.88, 1.08),
      noise: between(0.6, 1.4),
    },
  };
}
