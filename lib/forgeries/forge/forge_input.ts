/** What fakes are made of: a folder of photographs whose faces are still to be found, or a prepared manifest. */
import { basename, dirname, join } from "node:path";
import type { Source } from "lib/data/prepare/join_manifest.ts";
import {
  cutName,
  PREPARE_SETTINGS,
  type PrepareSettings,
  readCut,
} from "lib/data/prepare/prepare_settings.ts";
import { FACE_CUT, type FaceCut, LANDMARK_FINDER } from "lib/faces/face_cut.ts";
import { whyUnreadable } from "lib/io/file_fault.ts";
import { sha256OfFile } from "lib/io/sha256.ts";
import { distortionText } from "lib/media/distortions.ts";
import { forgerOf } from "../forgers.ts";
import { variantReach } from "../variants.ts";
import { checkForgeSettings, type ForgeSettings } from "./forge_settings.ts";
import { openPhotographs } from "./photographs.ts";

/** What is read, and how what is made of it is cut. */
export interface ForgeInput {
  /** The settings, checked. */
  readonly settings: ForgeSettings;
  /** How the pictures that are made are cut. */
  readonly cut: FaceCut;
  /** `cutName` of them. */
  readonly cutName: string;
  /** All that decides what is made, as the output folder holds it. */
  readonly recorded: Readonly<Record<string, unknown>>;
  /** Photographs with how their faces are to be cut out first, or a manifest with its crops' side. */
  readonly from:
    | { readonly kind: "photographs"; readonly source: Source; readonly prepare: PrepareSettings }
    | { readonly kind: "manifest"; readonly path: string; readonly size: number };
}

/** What a manifest's fakes cannot change: it was decided when its faces were cut. */
const DECIDED = ["size", "margin", "minScore", "longSide"] as const;

async function manifestInput(path: string, settings: ForgeSettings): Promise<ForgeInput> {
  const recorded = await readCut(path);
  if (recorded === undefined) {
    throw new RangeError(
      `${
        JSON.stringify(path)
      } has no settings beside it: it is no manifest of a prepared data set. ` +
        "Prepare the data set with --landmarks, and name that manifest.",
    );
  }
  const given = DECIDED.find((name) => settings.cut[name] !== undefined);
  if (given !== undefined || settings.variants !== 1) {
    throw new RangeError(
      `The setting ${
        given ?? "variants"
      } is for photographs: the faces of a manifest are cut already.`,
    );
  }
  const { size } = recorded.cut;
  return inputOf(settings, { ...recorded.cut, ...settings.cut }, {
    dataset: basename(dirname(path)),
    from: { kind: "manifest", path, size },
  });
}

/** How faces are cut out of photographs first: without loss, and with room for variants. */
function firstCut(cut: FaceCut, variants: number): PrepareSettings {
  const edge = variants === 1 ? 0 : variantReach(cut.size), size = cut.size + 2 * edge;
  const margin = edge === 0 ? cut.margin : ((1 + 2 * cut.margin) * size / cut.size - 1) / 2;
  const { choose } = PREPARE_SETTINGS;
  return { ...cut, choose, faces: "all", format: "png", size, margin, landmarks: LANDMARK_FINDER };
}

async function photographInput(root: string, settings: ForgeSettings): Promise<ForgeInput> {
  const names = await Array.fromAsync(Deno.readDir(root), ({ name }) => name);
  if (names.includes("manifest.csv") && names.includes("settings.json")) {
    throw new RangeError(
      `${JSON.stringify(root)} is a prepared data set. Name its manifest: ` +
        JSON.stringify(join(root, "manifest.csv")),
    );
  }
  const source = await openPhotographs(root, settings), cut = { ...FACE_CUT, ...settings.cut };
  const prepare = firstCut(cut, settings.variants);
  return await inputOf(settings, cut, {
    dataset: source.name,
    from: { kind: "photographs", source, prepare },
    people: /^(name|folder)$/.test(settings.people)
      ? settings.people
      : `list ${(await sha256OfFile(settings.people)).slice(0, 8)}`,
  });
}

function inputOf(
  settings: ForgeSettings,
  cut: FaceCut,
  { dataset, from, people }: Pick<ForgeInput, "from"> & { dataset: string; people?: string },
): ForgeInput {
  const { kinds, variants, seed, validation, test } = settings;
  const distortion = settings.distortion && distortionText(settings.distortion);
  const split = from.kind === "photographs" ? { validation, test, people } : {};
  const asPrepared = { ...PREPARE_SETTINGS, ...cut };
  return {
    settings,
    cut,
    cutName: cutName(
      settings.distortion ? { ...asPrepared, distortion: settings.distortion } : asPrepared,
    ),
    recorded: { dataset, kinds, variants, seed, ...split, ...cut, distortion },
    from,
  };
}

/**
 * Looks at what fakes are to be made of.
 *
 * @param path A folder of photographs, or the manifest of a data set that was prepared with landmarks.
 * @throws RangeError for settings out of range, a forger that does not exist, a path that will not do.
 */
export async function openForgeInput(path: string, settings: ForgeSettings): Promise<ForgeInput> {
  checkForgeSettings(settings);
  settings.kinds.forEach(forgerOf);
  let isFolder: boolean;
  try {
    isFolder = (await Deno.stat(path)).isDirectory;
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is nothing there. Check the path."
      : whyUnreadable(error);
    throw new RangeError(`Cannot read ${JSON.stringify(path)}: ${why}`);
  }
  return isFolder ? await photographInput(path, settings) : await manifestInput(path, settings);
}
