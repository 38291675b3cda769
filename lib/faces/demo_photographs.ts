/**
 * Where the six demo photographs are: they come with an installed package, so real faces are there
 * without a download. Finding the faces is left to detect_faces.ts, licences to data/README.md.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the installed package @vladmandic/face-api: photographs (demo/) and landmark weights (model/). */
export function faceApiFolder(): string {
  const entry = fileURLToPath(import.meta.resolve("@vladmandic/face-api/package.json"));
  return dirname(entry);
}

/** Paths of the six photographs, sample1.jpg to sample6.jpg, in this order: 22 faces in all. */
export function demoPhotographs(): string[] {
  return [1, 2, 3, 4, 5, 6].map((n) => join(faceApiFolder(), "demo", `sample${n}.jpg`));
}
