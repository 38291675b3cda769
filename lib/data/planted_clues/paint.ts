/** One drawn face, pixel by pixel: the person, then the clues, then the camera. */
import type { Random } from "lib/random.ts";
import type { Mask, RgbImage } from "../image.ts";
import type { Colour, Person } from "./person.ts";

/** How one picture is painted. */
export interface PaintOptions {
  /** How visible each clue is (ghost, tone, mouth, seam): 0 for none; the settings' are 0.4 to 2.6. */
  readonly visibility: readonly [number, number, number, number];
  /** Standard deviation of the sensor's noise, of the full range, before the camera's own factor. */
  readonly noise: number;
  /** Draws the sensor's noise, and nothing else. */
  readonly random: Random;
  /** Side of the picture in pixels. */
  readonly size: number;
}

/** Where each clue is, or would be: ghost, tone, mouth, seam; 255 inside, 0 outside. */
export type ClueMasks = readonly [Mask, Mask, Mask, Mask];

/** A step from 0 to 1 around 0, about `1` wide: an edge with anti-aliasing when x is in pixels. */
const edge = (x: number) => 1 / (1 + Math.exp(-Math.min(30, Math.max(-30, x))));
const bump = (x: number) => Math.exp(-x * x);
const unit = (x: number) => Math.min(1, Math.max(0, x));

/** A mask holds the pixels where a clue's weight is above this share of its largest. */
const MASK_LEVEL = 0.4;

/** Share of light that the teeth's gaps and bite line take away on average: blurred teeth have it. */
const MEAN_TEETH = 1 - 0.5 * 0.375 - 0.25 * 0.35;

const OFF_HUE: Colour = [0.16, -0.02, -0.14];

/** How much of each clue a pixel gets at visibility 1. */
interface Weights {
  ghost: number;
  tone: number;
  mouth: number;
  seam: number;
}

/**
 * Paints one pixel into `rgb`, before the camera, and says where the clues are.
 *
 * @param px, py The pixel's centre, from the picture's top left corner.
 */
function paintPixel(
  { px, py, size }: { px: number; py: number; size: number },
  person: Person,
  visibility: PaintOptions["visibility"],
  rgb: Float64Array,
): Weights {
  const { pose, background, skin, hair, light, eyes, mouth, ghost, tone, seam } = person;
  const over = (colour: Colour, factor: number, alpha: number) => {
    for (let c = 0; c < 3; c++) rgb[c] += (colour[c] * factor - rgb[c]) * alpha;
  };
  const grey = (value: number, alpha: number) => over([1, 1, 1], value, alpha);

  // The face's own axes: X, Y in pixels, u, v with the outline at radius r = 1.
  const cos = Math.cos(pose.tilt), sin = Math.sin(pose.tilt);
  const X = (px - pose.centreX) * cos + (py - pose.centreY) * sin;
  const Y = -(px - pose.centreX) * sin + (py - pose.centreY) * cos;
  const u = X / pose.radiusX, v = Y / pose.radiusY, r = Math.hypot(u, v);
  const pixelsPerRadius = Math.sqrt(pose.radiusX * pose.radiusY);

  const along = (px / size - 0.5) * Math.cos(background.angle) +
    (py / size - 0.5) * Math.sin(background.angle) + 0.5;
  const wave = background.waves * Math.sin(px * background.waveX[0] + background.waveX[1]) *
    Math.sin(py * background.waveY[0] + background.waveY[1]);
  for (let c = 0; c < 3; c++) {
    rgb[c] = background.from[c] * (1 - along) + background.to[c] * along + wave;
  }
  if (v < hair.end) {
    const reach = Math.hypot(u / hair.breadth, (v + hair.lift) / 1.1);
    over(hair.colour, 1, edge((1 - reach) * pixelsPerRadius / 0.8));
  }
  over(skin, 0.85, edge((0.42 - Math.abs(u)) * pose.radiusX) * edge((v - 0.75) * pose.radiusY));
  const inside = edge((1 - r) * pixelsPerRadius / 0.7);
  const shade = 1 - 0.22 * unit(r) ** 3;
  const lit = 1 + light.strength * (u * Math.cos(light.angle) + v * Math.sin(light.angle));
  over(skin, shade * lit, inside);

  for (const [i, side] of [-1, 1].entries()) {
    const dx = u - side * eyes.x, dy = v - eyes.y, s = eyes.size;
    const sharpness = s * pixelsPerRadius / 0.6;
    grey(0.92, edge((1 - Math.hypot(dx / (s * 1.5), dy / (s * 0.75))) * sharpness));
    over(eyes.iris, 0.6, edge((1 - Math.hypot(dx, dy) / (s * 0.65)) * sharpness));
    const brow = edge((s * 1.7 - Math.abs(dx)) * pose.radiusX / 0.6) *
      edge((0.045 - Math.abs(dy + eyes.browLifts[i])) * pose.radiusY / 0.6);
    over(hair.colour, 0.8, 0.8 * brow);
  }
  const bridge = 0.25 * bump((u - person.noseX) / 0.05) * edge((v - eyes.y) * pose.radiusY) *
    edge((0.2 - v) * pose.radiusY);
  const nostrils = 0.35 * bump((v - 0.22) * pose.radiusY) *
    edge((0.16 - Math.abs(u)) * pose.radiusX);
  for (let c = 0; c < 3; c++) rgb[c] *= (1 - bridge) * (1 - nostrils);

  // Mouth clue: the gaps between the teeth blurred away, their mean kept.
  const dv = v - mouth.y, mouthPixels = mouth.height * pose.radiusY;
  const lips = edge((1 - Math.hypot(u / mouth.width, dv / mouth.height)) * mouthPixels / 0.6);
  over([skin[0] * 0.85, skin[1] * 0.5, skin[2] * 0.5], 1, lips);
  const row = Math.hypot(u / (mouth.width * 0.82), dv / (mouth.height * 0.66));
  const teeth = edge((1 - row) * mouthPixels * 0.8 / 0.5);
  const gap = 0.5 + 0.5 * Math.cos(2 * Math.PI * (X / mouth.toothWidth + mouth.firstGap));
  const detail = 1 - 0.5 * gap ** 2 - 0.25 * bump(dv * pose.radiusY / 0.8);
  const blurred = unit(visibility[2]);
  const tooth = mouth.brightness * (detail * (1 - blurred) + MEAN_TEETH * blurred);
  over([1, 0.98, 0.9], tooth, teeth);

  // Tone clue: a soft patch of another hue.
  const patch = Math.hypot((u - tone.x) / tone.radiusX, (v - tone.y) / tone.radiusY);
  const toneWeight = edge((1 - patch) * 6) * inside;
  for (let c = 0; c < 3; c++) rgb[c] += visibility[1] * toneWeight * tone.sign * OFF_HUE[c];

  // Seam clue: a thin stitched arc on the jaw.
  const offArc = (v - seam.y + seam.bend * u * u) * pose.radiusY;
  const seamWeight = bump(offArc / 0.75) *
    edge((seam.halfLength - Math.abs(u)) * pose.radiusX) * inside;
  const stitch = seam.sign * (0.6 + 0.4 * Math.cos(2 * Math.PI * X / 4));
  for (let c = 0; c < 3; c++) rgb[c] += 0.3 * visibility[3] * seamWeight * stitch;

  // Ghost clue, over all: a pale second outline, seen as crescents on both sides of the first.
  const shifted = Math.hypot(
    (X + ghost.shift * Math.cos(ghost.angle)) / pose.radiusX,
    (Y + ghost.shift * Math.sin(ghost.angle)) / pose.radiusY,
  );
  const crescents = Math.abs(edge((1 - shifted) * pixelsPerRadius / 0.7) - inside);
  const ghostWeight = crescents * unit((v + 0.7) * 3);
  const pale: Colour = [
    skin[0] * 0.35 + 0.429,
    skin[1] * 0.35 + 0.429,
    skin[2] * 0.35 + 0.429,
  ];
  over(pale, 1, unit(0.8 * visibility[0] * ghostWeight));
  return {
    ghost: ghostWeight,
    tone: toneWeight,
    mouth: row < 1.2 ? teeth : 0,
    seam: seamWeight,
  };
}

/**
 * Paints a person's picture.
 *
 * @returns An RGB image of `size` × `size`, and where each clue is or would be.
 */
export function paint(
  person: Person,
  { visibility, noise, random, size }: PaintOptions,
): { image: RgbImage; masks: ClueMasks } {
  const pixels = size * size, { gamma, gains } = person.camera;
  const data = new Uint8Array(3 * pixels), rgb = new Float64Array(3);
  const weights = Array.from({ length: 4 }, () => new Float32Array(pixels));
  for (let i = 0; i < pixels; i++) {
    const place = { px: i % size + 0.5, py: Math.floor(i / size) + 0.5, size };
    const { ghost, tone, mouth, seam } = paintPixel(place, person, visibility, rgb);
    weights[0][i] = ghost;
    weights[1][i] = tone;
    weights[2][i] = mouth;
    weights[3][i] = seam;
    for (let c = 0; c < 3; c++) {
      const seen = unit(rgb[c]) ** gamma * gains[c];
      const noisy = seen + noise * person.camera.noise * random.normal();
      data[3 * i + c] = Math.round(255 * unit(noisy));
    }
  }
  const masks = weights.map((weight): Mask => {
    const level = MASK_LEVEL * weight.reduce((a, b) => Math.max(a, b));
    return { data: Uint8Array.from(weight, (w) => w > level ? 255 : 0), width: size, height: size };
  });
  return { image: { data, width: size, height: size }, masks: masks as unknown as ClueMasks };
}
