/** Who may import whom. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { circlesOf, type Import, importsOf, roomOf, withoutComments } from "./import_graph.ts";
import { projectFiles } from "./sources.ts";

/** From left to right; a file imports its own room or one to the left. */
const ROOMS = [
  ["settings", "config", "random", "io"],
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

const rank = (room: string) => ROOMS.findIndex((rooms) => rooms.includes(room));

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

Deno.test("no files import each other in a circle, types and workers included", () => {
  assert.deepEqual(circlesOf(imports), []);
});

Deno.test("circlesOf finds each circle once and nothing else", () => {
  const from = (path: string, text: string) => importsOf({ path: `lib/${path}`, text });
  const graph: Import[] = [
    ...from("a/one.ts", 'import { two } from "./two.ts";\nimport "lib/b/six.ts";'),
    ...from("a/two.ts", 'import {\n  type Three,\n} from "./three.ts";'),
    ...from("a/three.ts", 'import type { One } from "./one.ts";'),
    ...from("a/four.ts", 'new Worker(new URL("./five.ts", import.meta.url));'),
    ...from("a/five.ts", 'export const four = () => import("./four.ts");'),
    ...from("b/six.ts", '/** import "lib/a/one.ts"; */\nimport "lib/a/four.ts";\nimport "sharp";'),
    ...from("b/seven.ts", 'export type { Seven } from "./seven.ts";'),
  ];
  assert.deepEqual(circlesOf(graph), [
    ["lib/a/five.ts", "lib/a/four.ts"],
    ["lib/a/one.ts", "lib/a/three.ts", "lib/a/two.ts"],
    ["lib/b/seven.ts"],
  ]);
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

Deno.test("only one file opens onnxruntime, with its telemetry off", async () => {
  const wrong = (await projectFiles()).filter(({ path, text }) =>
    path !== "lib/faces/onnxruntime.ts" && /\.(ts|ipynb)$/.test(path) &&
    /(?:\bfrom|\bimport|\brequire|\bresolve)\s*\(?\s*\\?["'](npm:)?onnxruntime-/.test(text)
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
    for (const { target, how } of importsOf(file)) {
      // Types are gone before anything runs; calls and workers come when the packages are there.
      if (how === "statement") visit(target, path);
    }
  };
  for (const entry of entries) visit(entry, "deno.json");
  assert.ok(visited.has("lib/tasks/setup/setup.ts"));
});

Deno.test("within a room imports are relative, across rooms they go through the map", () => {
  const wrong = imports.filter(({ room, target, written, how }) =>
    how !== "place" && target.startsWith("lib/") &&
    (roomOf(target) === room) !== written.startsWith(".")
  );
  assert.deepEqual(wrong.map((i) => `${i.file} imports ${i.target}`), []);
});
