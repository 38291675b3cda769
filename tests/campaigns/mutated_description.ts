/** Mutated descriptions of data sets, read with `parseDescription`; YAML's tags that would run code too. */
import { isDeepStrictEqual } from "node:util";
import { basename, join } from "node:path";
import { READER_NAMES } from "lib/data/description_fields.ts";
import { type Description, parseDescription } from "lib/data/descriptions.ts";
import { campaignCommand } from "./campaign_command.ts";
import { mutationCampaign, type Subject, WrongValue } from "./mutation_campaign.ts";

const DATA = new URL("../../data/", import.meta.url).pathname;

const PIECES = [
  "!!js/function 'function () { globalThis.ran = 1 }'",
  "!!python/object/apply:os.system ['true']",
  "&a [*a, *a, *a, *a, *a, *a, *a, *a]",
  "&b { <<: *b }",
  "__proto__: { reader: csv }\n",
  "constructor: { name: x }\n",
  "<<: { name: x }\n",
  "${HOME}",
  "${NOT_SET}",
  "? !!binary x\n: y\n",
  "%YAML 1.1\n---\n",
  "\t",
  "- ",
  "|\n",
  ...["'", '"', "{", "}", "[", "]", "#", ": ", "1e999", "0.3", "null", "true"],
];

/** The descriptions that come with the kit. */
export async function subject(): Promise<Subject> {
  const originals = [];
  for await (const { name } of Deno.readDir(DATA)) {
    if (!name.endsWith(".yaml")) continue;
    originals.push({ name, bytes: await Deno.readFile(join(DATA, name)), pieces: PIECES });
  }
  originals.sort((a, b) => a.name < b.name ? -1 : 1);
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const environment = (name: string) => name === "NOT_SET" ? undefined : `/set/${name}`;
  const whole = new Map<string, Description>(
    originals.map(({ name, bytes }) => [
      name,
      parseDescription(decode(bytes), join("/", name), environment),
    ]),
  );
  return {
    originals,
    read: async ({ path }) => {
      const text = await Deno.readTextFile(path), name = basename(path);
      const { file, ...read } = parseDescription(text, path, environment);
      const isRight = file === path && read.name !== "" && READER_NAMES.includes(read.reader) &&
        Object.getPrototypeOf(read) === Object.prototype;
      if (!isRight) throw new WrongValue(JSON.stringify(read));
      const { file: _, root, splits, ...other } = whole.get(name)!;
      const { root: ownRoot, splits: ownSplits, ...own } = read;
      const ends = (a?: string, b?: string) => a === b || basename(a ?? "") === basename(b ?? "");
      const isSame = isDeepStrictEqual(own, other) && ends(root, ownRoot) &&
        ends(splits, ownSplits);
      return isSame ? "the same" : "another";
    },
  };
}

if (import.meta.main) {
  await campaignCommand("mutated_description", (args) => mutationCampaign(import.meta.url, args));
}
