/** Made-up faces with landmarks, for what needs no face detector. */
import { join } from "node:path";
import { contentName } from "lib/data/fingerprint.ts";
import { writeManifest } from "lib/data/manifest.ts";
import { PREPARE_SETTINGS, recordedSettings } from "lib/data/prepare/prepare_settings.ts";
import type { Sample } from "lib/data/samples.ts";
import type { Point } from "lib/faces/face.ts";
import { LANDMARK_FINDER } from "lib/faces/face_cut.ts";
import { landmarkFile } from "lib/faces/landmark_file.ts";
import type { RealFace } from "lib/forgeries/forge/real_face.ts";
import { claimSettings } from "lib/io/claimed_settings.ts";
import { writeWhole } from "lib/io/write_whole.ts";
import { writeImage } from "lib/media/write_image.ts";
import { createRandom } from "lib/random.ts";

/** Landmarks of an upright face in a square of this side. */
function landmarks(side: number): Point[] {
  const at = (x: number, y: number): Point => [x * side, y * side];
  const arc = (n: number, [x, y]: Point, [rx, ry]: Point, [from, to]: Point): Point[] =>
    Array.from({ length: n }, (_, i) => {
      const angle = from + (to - from) * i / (n - 1);
      return at(x + rx * Math.cos(angle), y + ry * Math.sin(angle));
    });
  const turn = 5 / 3 * Math.PI;
  return [
    ...arc(17, [0.5, 0.45], [0.28, 0.38], [Math.PI, 0]),
    ...arc(5, [0.37, 0.38], [0.09, 0.03], [Math.PI, 2 * Math.PI]),
    ...arc(5, [0.63, 0.38], [0.09, 0.03], [Math.PI, 2 * Math.PI]),
    ...[0.44, 0.48, 0.52, 0.56].map((y) => at(0.5, y)),
    ...arc(5, [0.5, 0.58], [0.06, 0.02], [Math.PI, 0]),
    ...arc(6, [0.38, 0.44], [0.05, 0.02], [Math.PI, Math.PI + turn]),
    ...arc(6, [0.62, 0.44], [0.05, 0.02], [Math.PI, Math.PI + turn]),
    ...arc(12, [0.5, 0.68], [0.1, 0.04], [Math.PI, Math.PI + 2 * Math.PI * 11 / 12]),
    ...arc(8, [0.5, 0.68], [0.07, 0.015], [Math.PI, Math.PI + 2 * Math.PI * 7 / 8]),
  ];
}

/** A made-up face in a file. */
export async function madeFace(folder: string, name: string, side: number): Promise<RealFace> {
  const open = name.charCodeAt(0) % 4; // each with a mouth of its own
  const random = createRandom(1, name), tint = [0, 1, 2].map(() => random.integer(80));
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % side, y = Math.floor(i / 3 / side);
    return 90 + tint[i % 3] + 40 * Math.sin(x / 5) * Math.cos(y / 7) + random.integer(9);
  });
  const crop = join(folder, `${name}.png`);
  await writeImage(crop, { data, width: side, height: side });
  return {
    ...{ name, crop, mark: name, dataset: "made", video: name, frame: 0, split: "train" },
    box: [0.2 * side, 0.2 * side, 0.8 * side, 0.8 * side],
    people: [name],
    landmarks: landmarks(side).map((
      [x, y],
      i,
    ): Point => [x, y + (i > 53 && i < 60 ? 0.03 * open * side : 0)]),
    size: side,
  };
}

/** A prepared data set of such faces, each a person of its own, all but the last with landmarks: its manifest. */
export async function madeManifest(folder: string, names: readonly string[]): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  const settings = { ...PREPARE_SETTINGS, size: 40, landmarks: LANDMARK_FINDER };
  await claimSettings(folder, recordedSettings("made", settings));
  const samples: Sample[] = [];
  for (const name of names) {
    const { box, landmarks } = await madeFace(folder, name, 40);
    const file = landmarkFile(name, { finder: LANDMARK_FINDER, box, landmarks });
    await writeWhole(join(folder, file.name), file.bytes);
    samples.push({
      ...{ path: `${name}.png`, label: 0, dataset: "made", method: "real", video: name, frame: 0 },
      split: "train",
      identities: [name],
      content: contentName(await Deno.readFile(join(folder, `${name}.png`))),
      ...name === names.at(-1) ? {} : { landmarks: file.name },
    });
  }
  const manifest = join(folder, "manifest.csv");
  await writeManifest(manifest, samples);
  return manifest;
}
