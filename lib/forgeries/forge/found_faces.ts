/**
 * The real faces that fakes are made of, with who they are: those that `prepare` found in a folder of
 * photographs, or those of a prepared manifest.
 */
import { dirname, isAbsolute, join } from "node:path";
import { manifestRows, writeManifest } from "lib/data/manifest.ts";
import type { Source } from "lib/data/prepare/join_manifest.ts";
import { unitsOf } from "lib/data/prepare/prepared_units.ts";
import { type CropRecord, readRecord } from "lib/data/prepare/unit_records.ts";
import { contentName } from "lib/data/fingerprint.ts";
import {
  type ForgeRemark,
  identityName,
  type RealFace,
  realFace,
  type RealFaces,
} from "./real_face.ts";

/** A photograph with the faces that were found in it. */
interface SeenPhotograph {
  readonly video: string;
  readonly person: string;
  readonly split: RealFace["split"];
  /** Folder of its crops. */
  readonly folder: string;
  /** From left to right. */
  readonly crops: readonly CropRecord[];
}

/** A photograph's faces; several are told apart by their place from the left, from 1. */
async function facesOf(
  { video, person, split, folder, crops }: SeenPhotograph,
  { dataset, size, isOnePerson }: { dataset: string; size: number; isOnePerson: boolean },
): Promise<RealFace[]> {
  const faces: RealFace[] = [];
  for (const [i, { file, content, landmarks }] of crops.entries()) {
    const of = crops.length > 1 ? `/${i + 1}` : "";
    if (landmarks === undefined) continue; // prepare's report says why
    const files = { crop: join(folder, file), content, landmarks: join(folder, landmarks) };
    const people = [isOnePerson ? person : `${person}${of}`], name = `${video}${of}`;
    faces.push(
      await realFace(files, { name, dataset, video: name, frame: 0, people, split, size }),
    );
  }
  return faces;
}

/**
 * The faces that were found in photographs, in the photographs' order and from left to right.
 *
 * Of a photograph with several faces each is a person of its own, called by its place from the left:
 * "001/1", "001/2". Where a person's photographs hold different numbers of faces nobody can tell which is who,
 * and all of them count as one person. A picture that is also there under another name is left out: its
 * people may be in two splits.
 *
 * @param folder Where `prepare` has put the crops, of this side in pixels.
 */
export async function photographFaces(
  source: Source,
  { folder, size }: { readonly folder: string; readonly size: number },
): Promise<RealFaces> {
  const seen: SeenPhotograph[] = [], counts = new Map<string, Set<number>>();
  for await (const { entry, folder: own } of unitsOf(source.entries(() => {}))) {
    const record = await readRecord(join(folder, own));
    if (record === undefined || record.crops.length === 0) continue;
    const { video, split, identities: [person] } = entry;
    const crops = record.crops.toSorted((a, b) => a.box[0] - b.box[0]);
    seen.push({ video, person, split, folder: join(folder, own), crops });
    counts.set(person, (counts.get(person) ?? new Set()).add(crops.length));
  }
  const faces: RealFace[] = [], remarks: ForgeRemark[] = [], firsts = new Map<string, string>();
  for (const photograph of seen) {
    const { video, person, crops } = photograph;
    const content = crops.map((crop) => crop.content).sort().join(), first = firsts.get(content);
    if (first !== undefined) {
      remarks.push({
        video,
        what: "twice",
        detail: `the same faces as in ${first}. It is left out.`,
      });
      continue;
    }
    firsts.set(content, video);
    const isOnePerson = counts.get(person)!.size > 1;
    if (isOnePerson && crops.length > 1) {
      const detail =
        `photographs of ${person} hold different numbers of faces; all count as one person`;
      remarks.push({ video, what: "who is who", detail });
    }
    faces.push(...await facesOf(photograph, { dataset: source.name, size, isOnePerson }));
  }
  return { faces, remarks };
}

/**
 * Write what is known of who is who into the manifest that `prepare` has left of photographs: each face with its
 * own person, without those that are left out.
 *
 * @param manifest Its file, which need not be there.
 * @param faces As `photographFaces` gives them.
 */
export async function namePeople(manifest: string, faces: readonly RealFace[]): Promise<void> {
  if (faces.length === 0) return;
  const folder = dirname(manifest), byCrop = new Map(faces.map((face) => [face.crop, face]));
  const named = async function* () {
    for await (const sample of manifestRows(manifest)) {
      const face = byCrop.get(join(folder, sample.path));
      if (face !== undefined) yield { ...sample, video: face.video, identities: face.people };
    }
  };
  await writeManifest(manifest, named());
}

/** Landmarks files that are read at the same time. */
const AT_ONCE = 64;

/**
 * The real faces of a prepared manifest that have landmarks, in its order.
 *
 * @param size Side of its crops in pixels.
 * @throws RangeError for a manifest that is none, or without real faces with landmarks.
 */
export async function manifestFaces(
  manifest: string,
  { size }: { readonly size: number },
): Promise<RealFaces> {
  const folder = dirname(manifest), remarks: ForgeRemark[] = [], faces: RealFace[] = [];
  const file = (path: string) => isAbsolute(path) ? path : join(folder, path);
  let waiting: Promise<RealFace>[] = [];
  const take = async () => {
    faces.push(...await Promise.all(waiting));
    waiting = [];
  };
  for await (const sample of manifestRows(manifest)) {
    const { path, label, landmarks, content, video, frame, split, identities } = sample;
    if (label === 1) continue;
    if (landmarks === undefined) {
      const detail = `${path} has none in the manifest`;
      remarks.push({ video, frame, what: "no landmarks", detail });
      continue;
    }
    const people = (identities.length > 0 ? identities : [video]).map(identityName);
    const files = { crop: file(path), landmarks: file(landmarks) };
    const rest = { name: path, dataset: `stand-ins of ${sample.dataset}`, video, frame };
    const made = async () => {
      const known = content ?? contentName(await Deno.readFile(files.crop));
      return await realFace({ ...files, content: known }, { ...rest, people, split, size });
    };
    waiting.push(made());
    if (waiting.length === AT_ONCE) await take();
  }
  await take();
  if (faces.length === 0) {
    throw new RangeError(
      `${JSON.stringify(manifest)} has no real face with landmarks. Prepare the data set with ` +
        "--landmarks, into a new folder.",
    );
  }
  return { faces, remarks };
}
