/** What the command line of forge says. Imports no package: it is read before there are any. */
import { parseArgs } from "node:util";
import { METHODS } from "lib/data/samples.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import {
  checkForgeSettings,
  FORGE_SETTINGS as DEFAULTS,
  type ForgeCut,
  type ForgeSettings,
} from "lib/forgeries/forge/forge_settings.ts";
import { DISTORTION_KINDS, parseDistortion } from "lib/media/distortions.ts";

/** What to forge, and how. */
export interface ForgeOptions {
  /** A folder of photographs, or the manifest of a prepared data set. */
  readonly input: string;
  /** Output folder. */
  readonly out: string;
  /** What is made. */
  readonly settings: ForgeSettings;
  /** Faces worked on at the same time; undefined for as many as there are processors. */
  readonly atOnce?: number;
}

/** What can be made, as manifests call it. */
const KINDS = Object.keys(METHODS).filter((method) => method !== "real");

/** What `deno task forge --help` prints. */
export const USAGE = `deno task forge <photographs or manifest> --out FOLDER [options]

Makes fakes with masks of real faces: a data set of pairs in FOLDER, with manifest.csv, report.csv and
contact_sheet.png. Stopped at any moment, the same command goes on where it was. They are stand-ins: no
benchmark, and no published method's quality.

  <photographs>   a folder of real photographs, at any depth; their faces are found first (FOLDER/faces)
  <manifest>      or the manifest.csv of a data set that was prepared with --landmarks: its real faces, with
                  its people and its splits
  --out FOLDER    where to write; a new folder, or one that the same command has begun
  --kinds LIST    what is made (${DEFAULTS.kinds.join(",")}), of
                  ${KINDS.join(", ")}
  --seed S        decides split, donors and all that is drawn (${DEFAULTS.seed})
  --format F      jpg or png, of real and fake alike (${FACE_CUT.format})
  --quality Q     of JPEG, 1 to 100, of real and fake alike (${FACE_CUT.quality})
  --distort K:L   distorts real and fake alike: L is 1 (mild) to 5 (strong), K is
                  ${DISTORTION_KINDS.join(", ")}
  --at-once N     faces worked on at the same time (as many as processors); changes nothing else
  --help          this

Of photographs alone:
  --people RULE   who is who (${DEFAULTS.people}). name: pictures of one file name are one person (neutral/001.jpg
                  and smiling/001.jpg); folder: those of one folder are; or a CSV with the columns path,person.
                  Several faces in one photograph are told apart by their place from the left
  --validation S  share of the people that is for validation, 0 to 0.5 (${DEFAULTS.validation})
  --test S        and for test (${DEFAULTS.test}); a donor is always of the same split
  --variants V    crops of a face (${DEFAULTS.variants}): the first exact, others shifted and scaled a little
  --size PIXELS   side of a crop (${FACE_CUT.size})
  --margin SHARE  added on every side, as a share of the face's longer side (${FACE_CUT.margin})
  --score SCORE   smallest score at which a face counts (${FACE_CUT.minScore})
  --long-side P   larger pictures are shrunk to this before faces are looked for (${FACE_CUT.longSide})

Exit code: 0 done; 1 something could not be read or written, or nothing could be made; 2 a wrong command line,
or an input that will not do; 130 after Ctrl-C.`;

/**
 * Reads the arguments; "help" when they ask for it.
 *
 * @throws RangeError for a wrong or missing value, TypeError for an option that does not exist.
 *
 * @example
 * ```ts
 * import { parseForgeOptions } from "lib/tasks/forge/forge_options.ts";
 * import assert from "node:assert/strict";
 *
 * const options = parseForgeOptions(["photographs", "--out", "pairs", "--kinds", "DF,NT", "--size", "96"]);
 * assert.ok(options !== "help");
 * assert.deepEqual(options.settings.kinds, ["DF", "NT"]);
 * assert.deepEqual(options.settings.cut, { size: 96 });
 * assert.throws(() => parseForgeOptions(["photographs"]), /--out/);
 * ```
 */
export function parseForgeOptions(args: readonly string[]): ForgeOptions | "help" {
  const text = { type: "string" } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: text,
      kinds: text,
      seed: text,
      people: text,
      validation: text,
      test: text,
      variants: text,
      size: text,
      margin: text,
      score: text,
      "long-side": text,
      format: text,
      quality: text,
      distort: text,
      "at-once": text,
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  if (positionals.length !== 1) {
    throw new RangeError(
      `Name one folder of photographs or one manifest, not ${positionals.length}.`,
    );
  }
  if (!values.out) throw new RangeError("Say with --out where to write.");
  const atOnce = numberOf(values["at-once"]);
  if (atOnce !== undefined && !(Number.isInteger(atOnce) && atOnce >= 1)) {
    throw new RangeError(`--at-once is "${values["at-once"]}", not a whole number from 1.`);
  }
  const given = {
    size: numberOf(values.size),
    margin: numberOf(values.margin),
    minScore: numberOf(values.score),
    longSide: numberOf(values["long-side"]),
    format: values.format,
    quality: numberOf(values.quality),
  };
  const cut = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<ForgeCut>;
  const settings: ForgeSettings = {
    kinds: values.kinds?.split(",").map((name) => name.trim()) ?? DEFAULTS.kinds,
    variants: numberOf(values.variants) ?? DEFAULTS.variants,
    seed: numberOf(values.seed) ?? DEFAULTS.seed,
    validation: numberOf(values.validation) ?? DEFAULTS.validation,
    test: numberOf(values.test) ?? DEFAULTS.test,
    people: values.people ?? DEFAULTS.people,
    cut,
    ...(values.distort === undefined ? {} : { distortion: parseDistortion(values.distort) }),
  };
  checkForgeSettings(settings);
  return {
    input: positionals[0]!,
    out: values.out,
    settings,
    ...(atOnce === undefined ? {} : { atOnce }),
  };
}

/** The number that an option's text says; NaN, which no setting takes, for anything else. */
function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text.trim() === "" ? NaN : Number(text);
}
