/**
 * Mutated files of PyTorch, read with `readStateDict`. Changes that know the two layouts, with checksums
 * made right again, are in the tests of networks/weights/pth; these here know nothing.
 */
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { campaignCommand } from "./campaign_command.ts";
import { mutationCampaign, type Subject } from "./mutation_campaign.ts";
import { assertTensors } from "./mutated_safetensors.ts";

const FIXTURES = new URL("../fixtures/", import.meta.url);

/** Opcodes and names with which a pickle would run code, if anybody ran it. */
const PIECES = [
  "cposix\nsystem\n(S'touch sentinel'\ntR.",
  "cos\nsystem\n",
  "c__builtin__\neval\n",
  "cbuiltins\nexec\n",
  "ctorch._utils\n_rebuild_tensor_v2\n",
  "ctorch\nFloatStorage\n",
  ...[
    "(",
    ")",
    ".",
    "]",
    "}",
    "R",
    "Q",
    "b",
    "q\0",
    "K\u0001",
    "M",
    "J",
    "h\0",
    "t",
    "u",
    "s",
    "a",
  ],
];

/** A checkpoint in each of the two layouts. */
export async function subject(): Promise<Subject> {
  const originals = [];
  for (const name of ["tiny_checkpoint_dataparallel.pth", "tiny_checkpoint_legacy.pth"]) {
    originals.push({ name, bytes: await Deno.readFile(new URL(name, FIXTURES)), pieces: PIECES });
  }
  const whole = new Map<string, string>();
  const contents = (file: Awaited<ReturnType<typeof readStateDict>>) =>
    JSON.stringify([...file.tensors].map(([name, { type, shape, bytes }]) => [
      ...[name, type, shape],
      bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5),
    ]));
  for (const { name } of originals) {
    whole.set(name, contents(await readStateDict(new URL(name, FIXTURES).pathname)));
  }
  return {
    originals,
    read: async ({ path, original: { name } }) => {
      const file = await readStateDict(path);
      assertTensors(file);
      return contents(file) === whole.get(name) ? "the same" : "another";
    },
  };
}

if (import.meta.main) {
  await campaignCommand("mutated_pth", (args) => mutationCampaign(import.meta.url, args));
}
