/**
 * What is known about faces, in terms of their 68 landmarks: forehead, region of the mouth, and how an
 * expression is carried from one face to another.
 */
import type { Point } from "lib/faces/face.ts";
import { LANDMARK_PARTS } from "lib/faces/landmark_numbers.ts";
import {
  align,
  area,
  between,
  centreOf,
  convexHull,
  move,
  scaleAbout,
} from "./landmark_geometry.ts";

/** The name of a part of the face. */
export type Part = keyof typeof LANDMARK_PARTS;

const part = (landmarks: readonly Point[], name: Part) =>
  landmarks.slice(LANDMARK_PARTS[name][0], LANDMARK_PARTS[name][1]);

/** The face that lengths in pixels are chosen on has this size: the root of the landmarks' hull's area. */
const FACE_SIZE = 114;

/** How large a face is against the one that lengths in pixels are chosen on. */
export const faceScale = (landmarks: readonly Point[]): number =>
  Math.sqrt(area(convexHull(landmarks))) / FACE_SIZE;

/** The landmarks and ten more, above the brows by up to a quarter of the way from mouth to brows. */
export function withForehead(landmarks: readonly Point[]): Point[] {
  const brows = part(landmarks, "brows");
  const [mouthX, mouthY] = centreOf(part(landmarks, "outerLips"));
  const [browX, browY] = centreOf(brows);
  const up: Point = [(browX - mouthX) / 4, (browY - mouthY) / 4];
  // Less at the temples, where the head curves away.
  const share = (i: number) => 0.45 + 0.55 * Math.sin(Math.PI * (i + 0.5) / brows.length);
  return [
    ...landmarks,
    ...brows.map(([x, y], i): Point => [x + up[0] * share(i), y + up[1] * share(i)]),
  ];
}

/** The outline of the face, forehead included, grown about its centre by a factor. */
export function surroundings(landmarks: readonly Point[], factor: number): Point[] {
  const outline = convexHull(withForehead(landmarks));
  return scaleAbout(outline, centreOf(outline), factor);
}

/** The region of mouth and chin: lips grown by 1.7, lowest part of the nose, chin. */
export function mouthRegion(landmarks: readonly Point[]): Point[] {
  const lips = part(landmarks, "outerLips");
  const chin = scaleAbout(landmarks.slice(6, 11), centreOf(lips), 0.9);
  return convexHull([...scaleAbout(lips, centreOf(lips), 1.7), landmarks[33], ...chin]);
}

/** Points that an expression moves little: nose and corners of the eyes. */
const STEADY = [27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 39, 42, 45];

/**
 * The target's landmarks in the donor's expression: each part takes the donor's shape at the size that
 * fits the target, turned and placed as it lies in the target. When the lower lip moves, the chin goes
 * with it in part.
 *
 * @param options `parts` that take part; lips always go together. `strength`: 0 changes nothing, 1
 * takes the donor's shape.
 */
export function carryExpression(
  target: readonly Point[],
  donor: readonly Point[],
  options: { parts: readonly Part[]; strength: number },
): Point[] {
  const { parts, strength } = options;
  const steady = (points: readonly Point[]) => STEADY.map((i) => points[i]);
  const fitted = move(donor, align(steady(donor), steady(target)));
  const result = target.slice();
  const groups: (readonly [number, number])[] = [];
  if (parts.includes("outerLips")) groups.push([LANDMARK_PARTS.outerLips[0], 68]);
  if (parts.includes("leftEye")) groups.push(LANDMARK_PARTS.leftEye);
  if (parts.includes("rightEye")) groups.push(LANDMARK_PARTS.rightEye);
  if (parts.includes("brows")) groups.push([17, 22], [22, 27]);
  for (const [first, past] of groups) {
    const mine = target.slice(first, past), theirs = fitted.slice(first, past);
    const turn = align(theirs, mine), size = Math.hypot(turn.a, turn.b);
    // The turn and the place of the target's part, the size of the donor's.
    const [cx, cy] = centreOf(theirs), [x, y] = centreOf(mine);
    const a = turn.a / size, b = turn.b / size;
    const placed = move(theirs, { a, b, tx: x - a * cx + b * cy, ty: y - b * cx - a * cy });
    result.splice(first, past - first, ...between(mine, placed, strength));
  }
  if (parts.includes("outerLips")) {
    const [dx, dy] = [0, 1].map((axis) => result[57][axis] - target[57][axis]);
    // Jaw points 4 to 12: the chin follows the lower lip by half, less towards the cheeks.
    for (let i = 4; i <= 12; i++) {
      const share = 0.5 * (1 - Math.abs(i - 8) / 5);
      result[i] = [target[i][0] + dx * share, target[i][1] + dy * share];
    }
  }
  return result;
}

/** Lips may become this many times as wide, and as high, and as small; beyond, their texture smears. [ours] */
const LIPS = { width: [0.8, 1.25], height: [0.6, 1.7] } as const;

/** Whether the lips of a changed face are about as large as before, within `LIPS`. */
export function lipsKeepSize(before: readonly Point[], after: readonly Point[]): boolean {
  const far = (points: readonly Point[], a: number, b: number) =>
    Math.hypot(points[a][0] - points[b][0], points[a][1] - points[b][1]);
  const wide = far(after, 48, 54) / far(before, 48, 54),
    high = far(after, 51, 57) / far(before, 51, 57);
  const within = (value: number, [low, top]: readonly [number, number]) =>
    value >= low && value <= top;
  return within(wide, LIPS.width) && within(high, LIPS.height);
}

/**
 * How unlike two expressions are: the mean distance by which `carryExpression` at full strength moves
 * mouth, eyes and brows, as a share of the distance between the target's outer eye corners.
 */
export function expressionDistance(target: readonly Point[], donor: readonly Point[]): number {
  const parts: Part[] = ["outerLips", "innerLips", "leftEye", "rightEye", "brows"];
  const moved = carryExpression(target, donor, { parts, strength: 1 });
  const far = target.map(([x, y], i) => Math.hypot(moved[i][0] - x, moved[i][1] - y)).slice(17);
  const eyes = Math.hypot(target[45][0] - target[36][0], target[45][1] - target[36][1]);
  return far.reduce((sum, d) => sum + d, 0) / far.length / eyes;
}
