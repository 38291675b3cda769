/** One drawn face, pixel by pixel: the person, then the clues, then the camera. */
import type { Random } from "lib/random.ts";
import type { Mask, RgbImage } from "lib/media/image.ts";
import type { Colour, Person } from "./drawn_person.ts";
import { CLUES, type PerClue } from "./planted_settings.ts";

/** How one picture is painted. */
export interface PaintOptions {
  /** How visible each clue is (ghost, tone, mouth, seam): 0 for none; the settings' are 0.4 to 2.6. */
  readonly visibility: PerClue;
  /** Standard deviation of the sensor's noise, of the full range, before the camera's own factor. */
  readonly noise: number;
  /** Draws the sensor's noise, and nothing else. */
  readonly random: Random;
  /** Side of the picture in pixels. */
  readonly size: number;
}

/** Where each clue is, or would be: ghost, tone, mouth, seam; 255 inside, 0 outside. */
export type ClueMasks = readonly [Mask, Mask, Mask, Mask];

/** A smooth step from 0 to 1 around 0; beyond ±20, where it is flat, at no cost. */
const edge = (x: number) => x < -20 ? 0 : x > 20 ? 1 : 1 / (1 + Math.exp(-x));
const bump = (x: number) => Math.abs(x) > 5 ? 0 : Math.exp(-x * x);
/** Length of a vector. `Math.hypot` is ten times slower, and nothing here overflows. */
const length = (x: number, y: number) => Math.sqrt(x * x + y * y);
const unit = (x: number) => Math.min(1, Math.max(0, x));

/** A mask holds the pixels where a clue's weight is above this share of its largest. */
const MASK_LEVEL = 0.4;

/** Share of light that the teeth's gaps and bite line take away on average: blurred teeth have it. */
const MEAN_TEETH = 1 - 0.5 * 0.375 - 0.25 * 0.35;

const OFF_HUE: Colour = [0.16, -0.02, -0.14], WHITE: Colour = [1, 1, 1], BLACK: Colour = [0, 0, 0];

/** How much of each clue a pixel gets at visibility 1. */
interface Weights {
  ghost: number;
  tone: number;
  mouth: number;
  seam: number;
}

/**
 * A function that paints the pixel with centre (px, py), before the camera, into `rgb`, and says where
 * the clues are in `weights`. What is the same for all pixels is worked out once: this is called
 * thousands of times a picture.
 */
function pixelPainter(person: Person, { visibility, size }: PaintOptions) {
  const { pose, background, skin, hair, light, eyes, mouth, ghost, tone, seam } = person;
  const { radiusX, radiusY } = pose, pixelsPerRadius = Math.sqrt(radiusX * radiusY);
  const cos = Math.cos(pose.tilt), sin = Math.sin(pose.tilt);
  const across = Math.cos(background.angle), down = Math.sin(background.angle);
  const lightX = light.strength * Math.cos(light.angle);
  const lightY = light.strength * Math.sin(light.angle);
  const ghostX = ghost.shift * Math.cos(ghost.angle), ghostY = ghost.shift * Math.sin(ghost.angle);
  const lips: Colour = [skin[0] * 0.85, skin[1] * 0.5, skin[2] * 0.5],
    ivory: Colour = [1, 0.98, 0.9];
  const pale: Colour = [skin[0] * 0.35 + 0.429, skin[1] * 0.35 + 0.429, skin[2] * 0.35 + 0.429];
  const eyeSharpness = eyes.size * pixelsPerRadius / 0.6, mouthPixels = mouth.height * radiusY;

  return (px: number, py: number, rgb: Float64Array, weights: Weights): void => {
    const over = (colour: Colour, factor: number, alpha: number) => {
      if (alpha === 0) return;
      rgb[0] += (colour[0] * factor - rgb[0]) * alpha;
      rgb[1] += (colour[1] * factor - rgb[1]) * alpha;
      rgb[2] += (colour[2] * factor - rgb[2]) * alpha;
    };
    const add = (colour: Colour, factor: number) => {
      rgb[0] += colour[0] * factor;
      rgb[1] += colour[1] * factor;
      rgb[2] += colour[2] * factor;
    };
    // The face's own axes: X, Y in pixels; u, v with the outline at radius r = 1.
    const X = (px - pose.centreX) * cos + (py - pose.centreY) * sin;
    const Y = -(px - pose.centreX) * sin + (py - pose.centreY) * cos;
    const u = X / radiusX, v = Y / radiusY, r = length(u, v);

    const along = (px / size - 0.5) * across + (py / size - 0.5) * down + 0.5;
    const wave = background.waves * Math.sin(px * background.waveX[0] + background.waveX[1]) *
      Math.sin(py * background.waveY[0] + background.waveY[1]);
    rgb[0] = rgb[1] = rgb[2] = wave;
    add(background.from, 1 - along);
    add(background.to, along);
    if (v < hair.end) {
      const reach = length(u / hair.breadth, (v + hair.lift) / 1.1);
      over(hair.colour, 1, edge((1 - reach) * pixelsPerRadius / 0.8));
    }
    over(skin, 0.85, edge((0.42 - Math.abs(u)) * radiusX) * edge((v - 0.75) * radiusY));
    const inside = edge((1 - r) * pixelsPerRadius / 0.7);
    const shade = 1 - 0.22 * unit(r) ** 3;
    over(skin, shade * (1 + lightX * u + lightY * v), inside);

    const dy = v - eyes.y;
    for (let eye = 0; eye < 2; eye++) {
      const dx = u - (eye === 0 ? -eyes.x : eyes.x), s = eyes.size;
      over(WHITE, 0.92, edge((1 - length(dx / (s * 1.5), dy / (s * 0.75))) * eyeSharpness));
      over(eyes.iris, 0.6, edge((1 - length(dx, dy) / (s * 0.65)) * eyeSharpness));
      const brow = edge((s * 1.7 - Math.abs(dx)) * radiusX / 0.6) *
        edge((0.045 - Math.abs(dy + eyes.browLifts[eye])) * radiusY / 0.6);
      over(hair.colour, 0.8, 0.8 * brow);
    }
    const bridge = 0.25 * bump((u - person.noseX) / 0.05) * edge(dy * radiusY) *
      edge((0.2 - v) * radiusY);
    const nostrils = 0.35 * bump((v - 0.22) * radiusY) * edge((0.16 - Math.abs(u)) * radiusX);
    over(BLACK, 0, 1 - (1 - bridge) * (1 - nostrils));

    // Mouth clue: the gaps between the teeth blurred away, their mean kept.
    const dv = v - mouth.y;
    over(lips, 1, edge((1 - length(u / mouth.width, dv / mouth.height)) * mouthPixels / 0.6));
    const row = length(u / (mouth.width * 0.82), dv / (mouth.height * 0.66));
    const teeth = edge((1 - row) * mouthPixels * 0.8 / 0.5);
    if (teeth > 0) {
      const gap = 0.5 + 0.5 * Math.cos(2 * Math.PI * (X / mouth.toothWidth + mouth.firstGap));
      const detail = 1 - 0.5 * gap ** 2 - 0.25 * bump(dv * radiusY / 0.8);
      const blurred = unit(visibility[2]);
      over(ivory, mouth.brightness * (detail * (1 - blurred) + MEAN_TEETH * blurred), teeth);
    }
    // Tone clue: a soft patch of another hue.
    const patch = length((u - tone.x) / tone.radiusX, (v - tone.y) / tone.radiusY);
    weights.tone = edge((1 - patch) * 6) * inside;
    add(OFF_HUE, visibility[1] * weights.tone * tone.sign);
    // Seam clue: a thin stitched arc on the jaw.
    const offArc = (v - seam.y + seam.bend * u * u) * radiusY;
    weights.seam = bump(offArc / 0.75) * edge((seam.halfLength - Math.abs(u)) * radiusX) * inside;
    const stitch = seam.sign * (0.6 + 0.4 * Math.cos(2 * Math.PI * X / 4));
    add(WHITE, 0.3 * visibility[3] * weights.seam * stitch);
    // Ghost clue, over all: a pale second outline, seen as crescents on both sides of the first.
    const shifted = length((X + ghostX) / radiusX, (Y + ghostY) / radiusY);
    const crescents = Math.abs(edge((1 - shifted) * pixelsPerRadius / 0.7) - inside);
    weights.ghost = crescents * unit((v + 0.7) * 3);
    over(pale, 1, unit(0.8 * visibility[0] * weights.ghost));
    weights.mouth = row < 1.2 ? teeth : 0;
  };
}

/**
 * Paints a person's picture.
 *
 * @returns An RGB image of `size` × `size`, and where each clue is or would be.
 */
export function paint(
  person: Person,
  options: PaintOptions,
): { image: RgbImage; masks: ClueMasks } {
  const { noise, random, size } = options, { gamma, gains } = person.camera;
  const pixels = size * size, paintPixel = pixelPainter(person, options);
  const data = new Uint8Array(3 * pixels), rgb = new Float64Array(3);
  const weights = { ghost: 0, tone: 0, mouth: 0, seam: 0 };
  const planes = CLUES.map(() => new Float32Array(pixels));
  for (let i = 0; i < pixels; i++) {
    paintPixel(i % size + 0.5, Math.floor(i / size) + 0.5, rgb, weights);
    for (let k = 0; k < CLUES.length; k++) planes[k][i] = weights[CLUES[k]];
    for (let c = 0; c < 3; c++) {
      const seen = unit(rgb[c]) ** gamma * gains[c];
      const noisy = seen + noise * person.camera.noise * random.normal();
      data[3 * i + c] = Math.round(255 * unit(noisy));
    }
  }
  const [ghost, tone, mouth, seam] = planes.map((plane): Mask => {
    let largest = -Infinity;
    for (let i = 0; i < pixels; i++) largest = Math.max(largest, plane[i]);
    const inside = new Uint8Array(pixels), level = MASK_LEVEL * largest;
    for (let i = 0; i < pixels; i++) inside[i] = plane[i] > level ? 255 : 0;
    return { data: inside, width: size, height: size };
  });
  return { image: { data, width: size, height: size }, masks: [ghost, tone, mouth, seam] };
}
