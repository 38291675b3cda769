/** Who uses what lib exports. */

import { PROJECT } from "lib/tasks/setup/project.ts";
import { importsOf, withoutComments } from "./import_graph.ts";
import type { Source } from "./sources.ts";

/** A symbol that a file of lib exports, with whether anybody else asks for it. */
export interface Export {
  /** The file that exports it. */
  file: string;
  name: string;
  /** Another file of lib, a cell of a notebook, or the README. */
  used: boolean;
  /** A test. */
  tested: boolean;
}

/** The part of `deno doc --json` that is read. */
interface Documented {
  nodes: Record<
    string,
    { symbols: { name: string; declarations: { declarationKind: string; def?: unknown }[] }[] }
  >;
}

/** For each file what it exports, and what of that each export's signature names. */
async function exportsOf(paths: readonly string[]): Promise<Map<string, Map<string, Set<string>>>> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...paths],
    cwd: PROJECT.root,
  }).output();
  if (code !== 0) {
    const lines = new TextDecoder().decode(stderr).split("\n");
    throw new Error(lines.filter((line) => /^error/.test(line)).join("\n")); // not the warnings
  }
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as Documented;
  return new Map(paths.map((path) => {
    const { symbols } = Object.entries(nodes).find(([url]) => url.endsWith(`/${path}`))![1];
    const exported = symbols.map(({ name, declarations }) =>
      [name, declarations.filter((d) => d.declarationKind === "export")] as const
    ).filter(([, declarations]) => declarations.length > 0);
    const names = new Set(exported.map(([name]) => name));
    return [
      path,
      new Map(exported.map(([name, declarations]) => {
        const words = declarations.flatMap(({ def }) => [...wordsIn(def)]);
        return [name, new Set(words.filter((word) => word !== name && names.has(word)))];
      })),
    ];
  }));
}

/** Every text in a signature but its documentation: names of types among them. */
function* wordsIn(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) if (key !== "jsDoc") yield* wordsIn(inner);
  }
}

const NAMES =
  /\b(?:import|export)\s+(?:type\s+)?(?:\{([^}]*)\}|\*\s+as\s+(\w+)|\*)\s*from\s*"([^"]+)"/g;

/** The names that a file takes from each of its targets; of what it takes whole, every word it holds. */
function namesTaken(source: Source): Map<string, Set<string>> {
  const code = withoutComments(source.text);
  const words = new Set(code.match(/[\w$]+/g) ?? []);
  const listed = new Map<string, string[]>();
  for (const [, names, , written] of code.matchAll(NAMES)) {
    if (names === undefined) continue;
    const taken = names.split(",").map((name) =>
      name.trim().replace(/^type\s+/, "").split(/\s/)[0]!
    );
    listed.set(written!, [...listed.get(written!) ?? [], ...taken]);
  }
  const taken = new Map<string, Set<string>>();
  for (const { target, written, how } of importsOf(source)) {
    const names = how === "statement" || how === "type" ? listed.get(written) ?? words : words;
    taken.set(target, new Set([...taken.get(target) ?? [], ...names]));
  }
  return taken;
}

/** The code of a notebook's cells, or of the README's blocks. */
function codeIn({ path, text }: Source): string {
  if (path.endsWith(".ipynb")) {
    const { cells } = JSON.parse(text) as {
      cells: { cell_type: string; source: string | string[] }[];
    };
    return cells.filter((cell) => cell.cell_type === "code")
      .map(({ source }) => [source].flat().join("")).join("\n");
  }
  if (path.endsWith(".md")) {
    return [...text.matchAll(/^```(?:ts|typescript)\n([\s\S]*?)^```/gm)].map((m) => m[1]).join(
      "\n",
    );
  }
  return text;
}

/**
 * Every export of lib. What the signature of a used export names is used with it: whoever calls the
 * function has to give the type its values.
 */
export async function exportUsers(files: readonly Source[]): Promise<Export[]> {
  const lib = files.filter(({ path }) => /^lib\/.*\.ts$/.test(path)).map(({ path }) => path);
  const exported = await exportsOf(lib);
  const usedIn = (belongs: (path: string) => boolean) => {
    const used = new Map(lib.map((path) => [path, new Set<string>()]));
    const use = (file: string, name: string) => {
      const signature = exported.get(file)?.get(name);
      if (signature === undefined || used.get(file)!.has(name)) return;
      used.get(file)!.add(name);
      for (const word of signature) use(file, word);
    };
    for (const source of files.filter(({ path }) => belongs(path))) {
      const { path } = source;
      for (const [target, names] of namesTaken({ path, text: codeIn(source) })) {
        if (target !== path) { for (const name of names) use(target, name); }
      }
    }
    return used;
  };
  const inKit = usedIn((path) => /^lib\/.*\.ts$|^notebooks\/.*\.ipynb$|^README\.md$/.test(path));
  const inTests = usedIn((path) => /^tests\/.*\.ts$/.test(path));
  return lib.flatMap((file) =>
    [...exported.get(file)!.keys()].map((name) => ({
      file,
      name,
      used: inKit.get(file)!.has(name),
      tested: inTests.get(file)!.has(name),
    }))
  );
}
