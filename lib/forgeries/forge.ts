/**
 * From real photographs, or the real faces of a prepared manifest, to a data set of real and fake crops with
 * masks: in parallel, and so that a run that was stopped at any moment goes on where it was. Printing is left to
 * the task of the same name.
 *
 * The output folder holds crops/ (a folder for each real face), manifest.csv, report.csv (whatever could not be
 * used, and why), settings.json, contact_sheet.png, and of photographs faces/: their real faces with landmarks
 * as `prepare` leaves them, for fakes that are made online.
 */
import { dirname, join } from "node:path";
import { Preparation, type PreparedUnit, type Survey } from "lib/data/prepare.ts";
import { assertOutside, OutputFolder } from "lib/data/prepare/output_folder.ts";
import { unitFolder } from "lib/data/prepare/prepared_units.ts";
import { commitUnit, readKept } from "lib/data/prepare/unit_records.ts";
import { sha256 } from "lib/io/sha256.ts";
import { pooled } from "lib/io/work_pool.ts";
import { writeImage } from "lib/media/write_image.ts";
import { createRandom } from "lib/random.ts";
import { chooseDonor } from "./choose_donor.ts";
import { codeDigest, codeIn } from "./code_digest.ts";
import { type DonorPlan, type FaceForging, forgeFace } from "./forge/forge_face.ts";
import { doneFaces, type ForgeSummary, joinForged } from "./forge/forge_outcome.ts";
import { forgeSheet } from "./forge/forge_sheet.ts";
import { type ForgeInput, openForgeInput } from "./forge/forge_input.ts";
import type { ForgeSettings } from "./forge/forge_settings.ts";
import { hasUnreadable, isForgedFace } from "./forge/forged_record.ts";
import { manifestFaces, namePeople, photographFaces } from "./forge/found_faces.ts";
import type { RealFace, RealFaces } from "./forge/real_face.ts";
import { forgerOf } from "./forgers.ts";

/** What decides pixels, and so is part of the settings of what was begun. */
const CODE = ["lib/media", "lib/faces", "lib/forgeries"];

/** Side of a contact sheet's cells in pixels. */
const CELL = 96;

/** A real face that has just become its pairs. */
export interface ForgedUnit {
  /** The face's name. */
  readonly face: string;
  /** Fakes that were made. */
  readonly pairs: number;
  /** What could not be made, each with its reason. */
  readonly refused: readonly string[];
}

const IDLE = new AbortController().signal;
const folderOf = ({ name }: RealFace) => unitFolder(name, ["forge", name]);

/**
 * An output folder with the right to forge into it. Declare it with `await using`.
 *
 * @example Fakes of two of the demo photographs
 * ```ts
 * import { demoPhotographs } from "lib/faces/demo_photographs.ts";
 * import { Forging } from "lib/forgeries/forge.ts";
 * import { FORGE_SETTINGS } from "lib/forgeries/forge/forge_settings.ts";
 * import assert from "node:assert/strict";
 *
 * const photographs = await Deno.makeTempDir(), folder = await Deno.makeTempDir();
 * for (const i of [0, 3]) await Deno.copyFile(demoPhotographs()[i], `${photographs}/${i}.jpg`);
 * const settings = { ...FORGE_SETTINGS, kinds: ["NT"], validation: 0, cut: { size: 32 } };
 * {
 *   await using forging = await Forging.open(photographs, { folder, settings });
 *   for await (const { failed } of forging.find()) assert.ok(!failed);
 *   for await (const { pairs } of forging.run()) assert.ok(pairs <= 1);
 *   const { faces, pairs } = await forging.join();
 *   assert.ok(faces >= 6 && pairs >= 5);
 * }
 * for (const made of [photographs, folder]) await Deno.remove(made, { recursive: true });
 * ```
 */
export class Forging implements AsyncDisposable {
  readonly #input: ForgeInput;
  readonly #output: OutputFolder;
  #found: Promise<RealFaces> | undefined;

  private constructor(input: ForgeInput, output: OutputFolder) {
    this.#input = input;
    this.#output = output;
  }

  /**
   * Take hold of an output folder; it is made where it is not there.
   *
   * @param path A folder of photographs, at any depth, or the manifest of a data set that was prepared with
   * landmarks: then its real faces are taken, with its people and its splits.
   * @throws RangeError for settings out of range, a path that will not do, a folder that was begun with other
   * settings, holds something else or is part of the photographs.
   * @throws Error when another run is at work in the folder, or it cannot be written.
   */
  static async open(
    path: string,
    { folder, settings }: { readonly folder: string; readonly settings: ForgeSettings },
  ): Promise<Forging> {
    const input = await openForgeInput(path, settings), { from } = input;
    const isList = from.kind === "manifest";
    assertOutside(folder, { root: isList ? dirname(path) : path, isList });
    const code = await codeDigest(["lib/random.ts", ...await codeIn(CODE, { isDeep: true })]);
    const claimed = { ...input.recorded, forgers: code.slice(0, 8) };
    return new Forging(
      input,
      await OutputFolder.open(folder, { work: "forge", settings: claimed }),
    );
  }

  /** How many photographs there are, and in how many faces were looked for; undefined for a manifest. */
  async survey(): Promise<Survey | undefined> {
    await using preparation = await this.#preparation();
    return await preparation?.survey();
  }

  /**
   * Find the faces in photographs that were not looked at yet, and tell of each as it is done. Of a manifest
   * there is nothing to find.
   *
   * @throws Error as `Preparation.run` does; the signal's reason when it aborts. What was finished stays.
   */
  async *find({ signal = IDLE }: { signal?: AbortSignal } = {}): AsyncGenerator<PreparedUnit> {
    await using preparation = await this.#preparation();
    if (preparation === undefined) return;
    yield* preparation.run({ signal });
    await preparation.join();
    this.#found = undefined; // whoever asked before knew fewer
    await namePeople(join(this.#facesFolder, "manifest.csv"), (await this.faces()).faces);
  }

  /**
   * The real faces, after `find`.
   *
   * @throws UnfitFile for a landmarks file that cannot be taken; RangeError for a manifest without any.
   */
  faces(): Promise<RealFaces> {
    const { from } = this.#input;
    return this.#found ??= from.kind === "manifest"
      ? manifestFaces(from.path, from)
      : photographFaces(from.source, { folder: this.#facesFolder, size: from.prepare.size });
  }

  /** How many faces earlier runs have done. */
  async countDone(): Promise<number> {
    let done = 0;
    for (const face of (await this.faces()).faces) {
      const record = await readKept(join(this.#output.path, folderOf(face)), isForgedFace);
      if (record !== undefined && !hasUnreadable(record)) done++;
    }
    return done;
  }

  /**
   * Make the pairs of the faces that are not done yet, and tell of each face as it is finished.
   *
   * @param options `atOnce`: faces worked on at the same time, 1 or more; what comes out does not depend on it.
   * @throws Error when a file cannot be written; the signal's reason when it aborts. What was finished stays.
   */
  async *run(
    { signal = IDLE, atOnce = navigator.hardwareConcurrency }: {
      signal?: AbortSignal;
      atOnce?: number;
    } = {},
  ): AsyncGenerator<ForgedUnit, void, void> {
    const how = this.#how();
    const work = async ({ face, donors, mark }: FaceToDo): Promise<ForgedUnit> => {
      const staged = this.#output.stage();
      const made = await forgeFace({ face, donors }, { folder: staged, how });
      const record = { mark, ...made };
      await commitUnit(staged, { folder: join(this.#output.path, folderOf(face)), record });
      return {
        face: face.name,
        pairs: made.files.filter(({ method }) => method !== "real").length,
        refused: made.remarks.map(({ what, detail }) => `${what}: ${detail}`),
      };
    };
    yield* pooled(this.#facesToDo(signal), work, { atOnce, stop: () => {} });
  }

  /**
   * Write manifest.csv, report.csv and contact_sheet.png from all faces, in their order.
   *
   * @throws Error when a face has not been done, or a file cannot be written.
   */
  async join(): Promise<ForgeSummary> {
    const found = await this.faces(), folder = this.#output.path, places = { folder, folderOf };
    const { cutName: cut, from, settings: { kinds }, recorded: { dataset } } = this.#input;
    const report = from.kind === "manifest" ? undefined : join(this.#facesFolder, "report.csv");
    const summary = await joinForged(found, { ...places, cut, report });
    const title = `${dataset}. No benchmark of any published method.`;
    const sheet = await forgeSheet(doneFaces(found.faces, places), folder, {
      kinds,
      cell: CELL,
      title,
    });
    if (sheet !== undefined) await writeImage(join(folder, "contact_sheet.png"), sheet);
    return summary;
  }

  /** Let the folder go. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#output[Symbol.asyncDispose]();
  }

  get #facesFolder(): string {
    return join(this.#output.path, "faces");
  }

  async #preparation(): Promise<Preparation | undefined> {
    const { from } = this.#input;
    if (from.kind === "manifest") return undefined;
    return await Preparation.open(from.source, {
      folder: this.#facesFolder,
      settings: from.prepare,
    });
  }

  #how(): FaceForging {
    const { cut: { size, format, quality }, settings } = this.#input;
    const { kinds, variants, seed, distortion } = settings;
    return { size, format, quality, kinds, variants, seed, distortion };
  }

  /** Who gives a face to whom: follows from all faces' landmarks, whatever is done already. */
  #donorsFor(face: RealFace, faces: readonly RealFace[]): DonorPlan {
    const { kinds, variants, seed } = this.#input.settings;
    return Array.from({ length: variants }, (_, variant) =>
      kinds.map((name) => {
        const { donor: kind } = forgerOf(name);
        if (kind === "none") return undefined;
        const random = createRandom(seed, "forge donor", name, face.name, variant);
        return chooseDonor(face, faces, { kind, random });
      }));
  }

  async *#facesToDo(signal: AbortSignal): AsyncGenerator<FaceToDo> {
    const { faces } = await this.faces();
    for (const face of faces) {
      signal.throwIfAborted();
      const donors = this.#donorsFor(face, faces);
      const plan = donors.map((kinds) =>
        kinds.map((c) => c && [c.face.mark, c.mirrored, c.face.people])
      );
      const mark = sha256(JSON.stringify([face.mark, face.people, face.split, plan])).slice(0, 32);
      const record = await readKept(join(this.#output.path, folderOf(face)), isForgedFace);
      if (record?.mark === mark && !hasUnreadable(record)) continue;
      yield { face, donors, mark };
    }
  }
}

/** A face whose pairs are to be made. */
interface FaceToDo {
  readonly face: RealFace;
  readonly donors: DonorPlan;
  /** What it is made from in short. */
  readonly mark: string;
}
