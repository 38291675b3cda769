/** Mutated manifests, read with `readManifest`. */
import { isDeepStrictEqual } from "node:util";
import { MANIFEST_COLUMNS, readManifest, writeManifest } from "lib/data/manifest.ts";
import type { Sample } from "lib/data/samples.ts";
import { campaignCommand } from "./campaign_command.ts";
import { mutationCampaign, type Subject, WrongValue } from "./mutation_campaign.ts";

const SAMPLES = Array.from({ length: 12 }, (_, i): Sample => ({
  path: i % 3 ? `crops/${i}.png` : `crops/"${i}", ß.png`,
  label: i % 2 ? 1 : 0,
  dataset: "mine",
  method: i % 2 ? "DF" : "real",
  video: `v${i}.mp4`,
  split: (["train", "validation", "test"] as const)[i % 3],
  frame: 5 * i,
  identities: [`${i}`, "000"],
  content: "0123456789abcdef",
}));

/** A sample as a manifest may hold it. */
function assertSample({ path, label, method, split, frame, identities }: Sample): void {
  const isRight = path !== "" && (label === 0) === (method === "real") &&
    ["train", "validation", "test"].includes(split) && Number.isSafeInteger(frame) && frame >= 0 &&
    identities.every((identity) => identity !== "");
  if (!isRight) throw new WrongValue(`no sample: ${path}, ${label}, ${method}, ${split}, ${frame}`);
}

/** A manifest as the kit writes it, and one with other line ends and a byte order mark. */
export async function subject(): Promise<Subject> {
  const path = await Deno.makeTempFile();
  await writeManifest(path, SAMPLES);
  const text = await Deno.readTextFile(path);
  await Deno.remove(path);
  const pieces = [
    ...MANIFEST_COLUMNS,
    ",",
    '"',
    "\n",
    "\r\n",
    "\r",
    "real",
    "train",
    "\u0000",
    "+",
    "-1",
    "1e9",
  ];
  const encode = (written: string) => new TextEncoder().encode(written);
  return {
    originals: [
      { name: "manifest.csv", bytes: encode(text), pieces },
      { name: "windows.csv", bytes: encode("\ufeff" + text.replaceAll("\n", "\r\n")), pieces },
    ],
    read: async ({ path }) => {
      const read = await readManifest(path);
      for (const sample of read) assertSample(sample);
      return isDeepStrictEqual(read, SAMPLES) ? "the same" : "another";
    },
  };
}

if (import.meta.main) {
  await campaignCommand("mutated_manifest", (args) => mutationCampaign(import.meta.url, args));
}
