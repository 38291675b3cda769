/**
 * The child process of a mutation campaign: makes mutants, has them read, and judges what comes. Its
 * arguments are the subject's module, a folder of its own, the seed, the first and the last input, and
 * whether reading may start programs. Before the first mutant it gives up the right to do so, and to
 * connect to anything: what a mutant tries of this kind is an error that is counted.
 */
import { basename, dirname, join, relative } from "node:path";
import { createRandom } from "lib/random.ts";
import {
  type Judged,
  type Original,
  type Outcome,
  type Subject,
  WrongValue,
} from "./mutation_campaign.ts";
import { MUTATIONS } from "./mutations.ts";

const [module, folder, seedText, first, count, programs] = Deno.args;
const seed = Number(seedText), input = join(folder, "input"), temporary = join(folder, "tmp");

const encoder = new TextEncoder();
const say = (line: string) => Deno.stdout.writeSync(encoder.encode(line + "\n"));

/** Messages that come of a mistake in the code, not of looking at the file. */
const UNCLEAR =
  /Cannot read prop|is not a function|is not iterable|is not defined|Cannot (destructure|convert|mix)|Invalid (array|typed array|array buffer) length|Array buffer allocation|Maximum call stack|out of memory|unreachable|Assertion|\.ts:\d+/i;

/** A mutant: what it is made of, how it was changed, and its bytes. */
function mutant(originals: readonly Original[], index: number) {
  const random = createRandom(seed, "mutant", index);
  const original = originals[index % originals.length];
  const names = Object.keys(MUTATIONS), mutation = names[random.integer(names.length)];
  const pieces = (original.pieces ?? []).map((text) => encoder.encode(text));
  let bytes = MUTATIONS[mutation](original.bytes, { random, pieces });
  const isRepaired = random.integer(2) === 1 && original.repair !== undefined;
  if (isRepaired) bytes = original.repair!(bytes);
  return { index, original, mutation, bytes, isRepaired };
}

/** All files below a folder. */
async function filesBelow(root: string): Promise<string[]> {
  const files: string[] = [];
  const walk = async (at: string) => {
    for await (const { name, isDirectory } of Deno.readDir(at)) {
      const path = join(at, name);
      if (isDirectory) await walk(path);
      else files.push(relative(root, path));
    }
  };
  await walk(root);
  return files;
}

async function place(files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(input, name)), { recursive: true });
    await Deno.writeFile(join(input, name), bytes);
  }
}

function judgeError(error: unknown, name: string): { outcome: Outcome; message: string } {
  const message = error instanceof Error ? `${error.message}` : String(error);
  if (error instanceof WrongValue) return { outcome: "wrong value", message };
  if (error instanceof Deno.errors.NotCapable) return { outcome: "code run", message };
  const names = message.includes(name) || message.includes(input);
  const clear = error instanceof Error && names && !UNCLEAR.test(message) && !isOurs(message);
  const outcome = clear ? "clear error" : "unclear error";
  return {
    outcome,
    message: clear ? message : `${(error as Error)?.stack ?? error}`.slice(0, 600),
  };
}

/** Whether a message shows the kit's own files instead of the user's. */
const isOurs = (message: string) => /\/lib\/\w+\//.test(message);

/** Global names, and the inherited properties of all objects: code that was run may have added some. */
const worldNow = () =>
  [globalThis, Object.prototype, Array.prototype, Function.prototype]
    .map((of) => Object.getOwnPropertyNames(of).length).join();

/** What reading a mutant leaves that it should not. */
async function leftovers({ leaves }: Subject, expected: readonly string[]): Promise<string[]> {
  const here = (await filesBelow(input)).filter((name) => !expected.includes(name));
  const kept = here.filter((name) => !leaves?.test(name));
  return [...kept, ...(await filesBelow(temporary))];
}

async function judge(subject: Subject, made: ReturnType<typeof mutant>): Promise<Judged> {
  const { original, bytes, index, mutation } = made,
    files = { ...original.beside, [original.name]: bytes };
  await place(files);
  const world = worldNow(), began = performance.now();
  const about = { index, mutation, original: original.name };
  let judged: { outcome: Outcome; message?: string };
  try {
    const path = join(input, original.name);
    const { isRepaired } = made;
    judged = { outcome: await subject.read({ folder: input, path, original, isRepaired }) };
  } catch (error) {
    judged = judgeError(error, basename(original.name));
  }
  const seconds = (performance.now() - began) / 1000;
  if (worldNow() !== world) judged = { outcome: "code run", message: "a global name was added" };
  const left = await leftovers(subject, Object.keys(files));
  if (left.length > 0) judged = { outcome: "files left", message: left.join(", ") };
  return { ...about, ...judged, seconds };
}

const { subject } = await import(module) as { subject: () => Promise<Subject> };
await Deno.mkdir(input, { recursive: true });
const read = await subject();
await Deno.permissions.revoke({ name: "net" });
if (programs !== "true") await Deno.permissions.revoke({ name: "run" });
for (let index = Number(first); index < Number(count); index++) {
  await Deno.remove(input, { recursive: true });
  await Deno.mkdir(input);
  const made = mutant(read.originals, index);
  say(`begins ${JSON.stringify({ index, mutation: made.mutation, original: made.original.name })}`);
  say(JSON.stringify(await judge(read, made)));
}
Deno.exit(0);
