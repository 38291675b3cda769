/**
 * The keys of a data set's description: what each may say, and which readers look at it.
 */

/** The readers, by the word that a description names them with. */
export const READER_NAMES = [
  "faceforensics",
  "celeb-df-v1",
  "celeb-df-v2",
  "dfdc-preview",
  "dfdc",
  "deepfakebench-json",
  "official-lists",
  "folders",
  "csv",
] as const;

/** One of the readers. */
export type ReaderName = typeof READER_NAMES[number];

/** What a key of a description may say. */
export interface DescriptionField {
  /** Readers that look at it; undefined for all. */
  readonly readers?: readonly ReaderName[];
  /** The values, or a word for them. */
  readonly allowed: readonly string[] | "text" | "texts" | "share" | "truth";
  /** Whether it has to be there. */
  readonly required?: boolean;
}

const WITH_TRAINING: ReaderName[] = ["celeb-df-v1", "celeb-df-v2", "dfdc-preview", "dfdc"];
/** Readers of data of one's own, which nobody has split. */
export const OWN_READERS: readonly ReaderName[] = ["folders", "csv"];
const PUBLISHED: ReaderName[] = ["faceforensics", ...WITH_TRAINING];

/** The keys of a description. */
export const DESCRIPTION_FIELDS: Readonly<Record<string, DescriptionField>> = {
  name: { allowed: "text", required: true },
  reader: { allowed: READER_NAMES, required: true },
  root: { allowed: "text", required: true },
  layout: { allowed: ["videos", "frames"], readers: [...PUBLISHED, "folders"] },
  compression: {
    allowed: ["raw", "c23", "c40"],
    readers: ["faceforensics", "deepfakebench-json"],
  },
  methods: { allowed: "texts", readers: ["faceforensics"] },
  splits: { allowed: "text", readers: [...PUBLISHED, "deepfakebench-json", "official-lists"] },
  validation: { allowed: "share", readers: [...WITH_TRAINING, ...OWN_READERS] },
  test: { allowed: "share", readers: OWN_READERS },
  split: { allowed: ["train", "validation", "test"], readers: OWN_READERS },
  group: { allowed: ["folder", "name", "none"], readers: OWN_READERS },
  repair: { allowed: "truth", readers: ["official-lists"] },
};

const MEANINGS = {
  text: "a word or path",
  texts: "a list such as [DF, F2F]",
  share: "a number from 0 to 0.5",
  truth: "true or false",
};

/** What a key takes, in words. */
export function fieldValues({ allowed }: DescriptionField): string {
  return typeof allowed === "string" ? MEANINGS[allowed] : allowed.join(", ");
}

/** Whether a value is one that a key takes. */
export function fitsField(value: unknown, { allowed }: DescriptionField): boolean {
  switch (allowed) {
    case "text":
      return typeof value === "string" && value !== "";
    case "texts":
      return Array.isArray(value) && value.length > 0 &&
        value.every((item) => typeof item === "string");
    case "share":
      return typeof value === "number" && value >= 0 && value <= 0.5;
    case "truth":
      return typeof value === "boolean";
    default:
      return typeof value === "string" && allowed.includes(value);
  }
}
