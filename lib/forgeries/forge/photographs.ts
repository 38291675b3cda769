/**
 * A folder of real photographs as a data set: which pictures there are, who is who, and which people are for
 * training, validation and test. Finding the faces is left to `prepare`.
 */
import { basename } from "node:path";
import type { Source } from "lib/data/prepare/join_manifest.ts";
import type { OnProblem, ReadProblem } from "lib/data/readers/data_set_reader.ts";
import { foldersBelow, NO_MEDIUM, stem } from "lib/data/readers/walk_folder.ts";
import type { Split } from "lib/data/samples.ts";
import { csvRows } from "lib/io/csv_rows.ts";
import { isPictureName, isUnreadName } from "lib/media/file_endings.ts";
import { createRandom } from "lib/random.ts";
import type { ForgeSettings } from "./forge_settings.ts";
import { identityName } from "./real_face.ts";

/** The person in a picture, by its path below the folder; undefined where nobody says. */
type WhoIsWho = (path: string) => string | undefined;

const folderOf = (path: string) => path.split("/").slice(0, -1).join("/");
const nameOf = (path: string) => stem(path.split("/").at(-1)!);

/** The rule of `ForgeSettings.people`. A list's lines that name no picture are problems. */
async function whoIsWho(
  people: string,
  { pictures, problems }: { pictures: ReadonlySet<string>; problems: ReadProblem[] },
): Promise<WhoIsWho> {
  if (people === "name") return nameOf;
  if (people === "folder") return (path) => folderOf(path) || nameOf(path);
  const persons = new Map<string, string>();
  for await (const { line, cells } of csvRows(people, ["path", "person"])) {
    const path = cells.path.replace(/^\.\//, ""), person = cells.person.trim();
    const refuse = (message: string): never => {
      throw new RangeError(`${JSON.stringify(people)}, line ${line}: ${message}`);
    };
    if (person === "") refuse('the cell "person" is empty. Every picture needs one.');
    const before = persons.get(path);
    if (before !== undefined && before !== person) {
      refuse(`${JSON.stringify(path)} is ${JSON.stringify(before)} in a line above.`);
    }
    persons.set(path, person);
    if (pictures.has(path)) continue;
    const message = "the list of people names it, and it is not there. Check the path.";
    problems.push({ kind: "absent", path, message });
  }
  return (path) => persons.get(path);
}

/**
 * The split of each person: shares of all of them, drawn by the seed. As long as there are people enough, no
 * share is empty that is not 0, and neither is training.
 *
 * @example
 * ```ts
 * import { splitPeople } from "lib/forgeries/forge/photographs.ts";
 * import assert from "node:assert/strict";
 *
 * const splits = splitPeople(["a", "b", "c", "d"], { seed: 1, validation: 0.1, test: 0.25 });
 * assert.deepEqual([...splits.values()].sort(), ["test", "train", "train", "validation"]);
 * ```
 */
export function splitPeople(
  people: Iterable<string>,
  { seed, validation, test }: Pick<ForgeSettings, "seed" | "validation" | "test">,
): Map<string, Split> {
  const all = createRandom(seed, "forge split").shuffle([...new Set(people)].sort());
  const room = all.length - 1; // somebody is for training
  const count = (share: number, left: number) =>
    share === 0 ? 0 : Math.min(left, Math.max(1, Math.round(share * all.length)));
  const tests = count(test, room), validations = count(validation, room - tests);
  return new Map(
    all.map((person, i) => [
      person,
      i < tests ? "test" : i < tests + validations ? "validation" : "train",
    ]),
  );
}

/** What lies in the folder: pictures in order, and what is passed over. */
async function listPictures(root: string): Promise<{ paths: string[]; problems: ReadProblem[] }> {
  const paths: string[] = [], problems: ReadProblem[] = [];
  const onProblem: OnProblem = (problem) => problems.push(problem);
  for await (const { items } of foldersBelow(root, "", onProblem)) {
    for (const { name, path, isFolder } of items) {
      if (isFolder) continue;
      // Pictures of kinds that are not read are taken in, so that the report says why.
      if (isPictureName(name) || isUnreadName(name)) paths.push(path);
      else problems.push({ kind: "unlisted", path, message: NO_MEDIUM });
    }
  }
  return { paths: paths.sort(), problems };
}

/**
 * The photographs of a folder, at any depth, as a data set of real pictures whose identities are people.
 *
 * @throws RangeError when there are none, or the list of people contradicts itself or cannot be read.
 */
export async function openPhotographs(
  root: string,
  settings: Pick<ForgeSettings, "people" | "seed" | "validation" | "test">,
): Promise<Source> {
  const { paths, problems } = await listPictures(root);
  const personOf = await whoIsWho(settings.people, { pictures: new Set(paths), problems });
  const known = new Map<string, string>();
  for (const path of paths) {
    const person = personOf(path);
    if (person !== undefined) known.set(path, identityName(person));
    else {
      const message = "the list of people does not name it. It is left out.";
      problems.push({ kind: "unlisted", path, message });
    }
  }
  if (known.size === 0) {
    const none = paths.length === 0 ? "no photographs" : "no photographs that the list names";
    throw new RangeError(`There are ${none} in ${JSON.stringify(root)}.`);
  }
  const splits = splitPeople(known.values(), settings);
  return {
    name: `stand-ins of ${basename(root)}`,
    root,
    async *entries(onProblem) {
      problems.forEach(onProblem);
      for (const [path, person] of known) {
        const split = splits.get(person)!;
        const shared = { label: 0, method: "real", split, identities: [person] } as const;
        yield { kind: "still", video: path, path, frame: 0, ...shared };
      }
    },
  };
}
