/** The 68 landmarks of a face that is drawn, so that what is done to them can be told exactly. */
import type { Point } from "lib/faces/face.ts";

const arc = (count: number, [cx, cy]: Point, [rx, ry]: Point, [from, to]: Point): Point[] =>
  Array.from({ length: count }, (_, i) => {
    const angle = from + (to - from) * i / (count - 1);
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  });
const ring = (count: number, centre: Point, radii: Point): Point[] =>
  arc(count + 1, centre, radii, [Math.PI, 3 * Math.PI]).slice(0, count);

/** A drawn frontal face, symmetric about x = 50; `opening` is half the height of the inner lips. */
export function drawnFace(opening: number): Point[] {
  return [
    ...arc(17, [50, 45], [32, 45], [Math.PI, 0]),
    ...arc(5, [35, 32], [10, 4], [Math.PI, 2 * Math.PI]),
    ...arc(5, [65, 32], [10, 4], [Math.PI, 2 * Math.PI]),
    ...Array.from({ length: 4 }, (_, i): Point => [50, 38 + 5 * i]),
    ...Array.from({ length: 5 }, (_, i): Point => [44 + 3 * i, 57]),
    ...ring(6, [35, 40], [5, 2]),
    ...ring(6, [65, 40], [5, 2]),
    ...ring(12, [50, 70], [12, 4 + opening]),
    ...ring(8, [50, 70], [9, opening]),
  ];
}
