/** Who may import whom. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { projectFiles, type Source } from "./sources.ts";

/** From left to right; a file imports its own room or one to the left. */
const ROOMS = [
  ["config", "random", "io"],
  ["engine"],
  ["information"],
  ["media"],
  ["faces"],
  ["data"],
  ["forgeries"],
  ["batches"],
  ["networks"],
  ["losses"],
  ["detectors"],
  ["evaluation"],
  ["training"],
  ["explain"],
  ["figures"],
  ["studies"],
  ["tasks"],
];

/** Imports that the order allows and the rooms' promises forbid. */
const FORBIDDEN: { room: string; target: RegExp; why: string }[] = [
  { room: "information", target: /^lib\/(engine|io)\//, why: "exact numbers need random alone" },
  { room: "media", target: /^lib\/engine\//, why: "pictures are bytes, not tensors" },
  {
    room: "networks",
    target: /^lib\/(media|faces|data|forgeries|batches)\//,
    why: "networks never import data",
  },
  {
    room: "losses",
    target: /^lib\/(networks|media|faces|data|forgeries|batches)\//,
    why: "losses take tensors, not models",
  },
  { room: "figures", target: /tensorflow/, why: "figures take plain rows, never tensors" },
  {
    room: "figures",
    target: /^lib\/(engine|networks|losses|detectors)\//,
    why: "figures take plain rows",
  },
];

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g;

interface Import {
  file: string;
  room: string;
  target: string;
}

/** The text without comments: examples in them import freely. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

const roomOf = (path: string) => path.replace(/^lib\//, "").split("/")[0]!.replace(/\.ts$/, "");
const rank = (room: string) => ROOMS.findIndex((rooms) => rooms.includes(room));

function importsOf({ path, text }: Source): Import[] {
  return [...withoutComments(text).matchAll(IMPORT)].map((match) => {
    const written = match[1]!;
    const target = written.startsWith(".") ? join(path, "..", written) : written;
    return { file: path, room: roomOf(path), target };
  });
}

const files = (await projectFiles()).filter(({ path }) => /^lib\/.*\.ts$/.test(path));
const imports = files.flatMap(importsOf);

Deno.test("every file of lib is in a room of the import rule", () => {
  assert.deepEqual(files.filter(({ path }) => rank(roomOf(path)) < 0).map((f) => f.path), []);
});

Deno.test("files import their own room or one to the left", () => {
  const wrong = imports.filter(({ room, target }) =>
    target.startsWith("lib/") && roomOf(target) !== room &&
    (rank(roomOf(target)) < 0 || rank(roomOf(target)) >= rank(room))
  );
  assert.deepEqual(wrong.map((i) => `${i.file} imports ${i.target}`), []);
});

Deno.test("rooms keep the promises that the order does not", () => {
  const wrong = FORBIDDEN.flatMap(({ room, target, why }) =>
    imports.filter((i) => i.room === room && target.test(i.target)).map((i) =>
      `${i.file} imports ${i.target}: ${why}`
    )
  );
  assert.deepEqual(wrong, []);
});

Deno.test("only the engine touches FFI and the backend of TensorFlow.js", () => {
  const touches =
    /\bDeno\.(dlopen|UnsafePointer\w*|UnsafeCallback|UnsafeFnPointer)\b|\bregisterBackend\(|\btf\.(engine|backend)\(\)|tfjs-node-gpu/;
  const wrong = files.filter(({ path, text }) =>
    !path.startsWith("lib/engine/") && touches.test(withoutComments(text))
  );
  assert.deepEqual(wrong.map((f) => f.path), []);
});

Deno.test("set-up imports no package, as it runs before there are any", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(PROJECT.root, "deno.json")));
  const entries = JSON.stringify(tasks).match(/lib\/tasks\/\w+\.ts/g)!;
  const visited = new Set<string>();
  const visit = (path: string, from: string) => {
    if (!path.startsWith("lib/")) return assert.match(path, /^node:/, `${from} imports ${path}`);
    if (visited.has(path)) return;
    visited.add(path);
    const file = files.find((file) => file.path === path)!;
    // What is imported with import() comes later, when the packages are there.
    const late = [...withoutComments(file.text).matchAll(/import\(\s*"([^"]+)"/g)].map((m) =>
      m[1]!
    );
    // Types are gone before anything runs.
    const text = file.text.replaceAll(/^import type [^;]*;/gm, "");
    for (const { target } of importsOf({ path, text })) {
      if (!late.some((written) => target.endsWith(written.replace(/^\.+/, "")))) {
        visit(target, path);
      }
    }
  };
  for (const entry of entries) visit(entry, "deno.json");
  assert.ok(visited.has("lib/tasks/setup/setup.ts"));
});

Deno.test("within a room imports are relative, across rooms they go through the map", () => {
  const wrong = files.flatMap(({ path, text }) =>
    [...withoutComments(text).matchAll(IMPORT)].map((match) => match[1]!).filter((written) => {
      const target = written.startsWith(".") ? join(path, "..", written) : written;
      if (!target.startsWith("lib/")) return false;
      return (roomOf(target) === roomOf(path)) !== written.startsWith(".");
    }).map((written) => `${path} imports ${written}`)
  );
  assert.deepEqual(wrong, []);
});
