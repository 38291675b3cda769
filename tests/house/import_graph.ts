/** Which file of lib needs which, and where files need each other in a circle. */

import { join } from "node:path";
import type { Source } from "./sources.ts";

/** One file that another one names as a part of itself. */
export interface Import {
  /** The file that imports, as a path in the project. */
  file: string;
  /** The room that it is in, such as "media"; a file straight below lib is a room of its own. */
  room: string;
  /** What is imported as it is written, such as "./crop.ts". */
  written: string;
  /** What is imported: a path in the project, or a package's name. */
  target: string;
  /** Types alone, a statement, a call while the program runs, or a place (a worker's file). */
  how: "type" | "statement" | "call" | "place";
}

const STATEMENT = /\b(?:import|export)\s+(type\s+)?(?:[^;"'`]*?\bfrom\s*)?"([^"]+)"/g;
const CALL = /\bimport\s*\(\s*"([^"]+)"/g;
const PLACE =
  /\bnew\s+URL\(\s*"(\.[^"]+\.ts)",\s*import\.meta\.url|\bimport\.meta\.resolve\(\s*"(\.[^"]+\.ts)"/g;

/** The text without comments: examples in them import freely. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

/** The room of a file of lib. */
export function roomOf(path: string): string {
  return path.replace(/^lib\//, "").split("/")[0]!.replace(/\.ts$/, "");
}

/** All that a file imports, types and workers included, in no particular order. */
export function importsOf({ path, text }: Source): Import[] {
  const code = withoutComments(text);
  const found = [
    ...[...code.matchAll(STATEMENT)].map(([, type, written]) =>
      ({ how: type ? "type" : "statement", written: written! }) as const
    ),
    ...[...code.matchAll(CALL)].map(([, written]) => ({ how: "call", written: written! }) as const),
    ...[...code.matchAll(PLACE)].map(([, url, resolved]) =>
      ({ how: "place", written: (url ?? resolved)! }) as const
    ),
  ];
  return found.map(({ how, written }) => {
    const target = written.startsWith(".") ? join(path, "..", written) : written;
    return { file: path, room: roomOf(path), written, target, how };
  });
}

/**
 * The circles among imports: sets of files each of which needs, over some way, every other one of its
 * set (Tarjan's strongly connected components of more than one file). Sorted, so that they can be
 * compared.
 */
export function circlesOf(imports: readonly Import[]): string[][] {
  const needs = Map.groupBy(imports, (i) => i.file);
  const order = new Map<string, number>(), lowest = new Map<string, number>();
  const open: string[] = [], circles: string[][] = [];
  const visit = (file: string) => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    open.push(file);
    for (const { target } of needs.get(file) ?? []) {
      if (!needs.has(target)) continue; // a package, or a file that imports nothing
      if (!order.has(target)) visit(target);
      if (open.includes(target)) {
        lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
      }
    }
    if (lowest.get(file) !== order.get(file)) return;
    const members = open.splice(open.indexOf(file));
    if (members.length > 1 || needs.get(file)!.some(({ target }) => target === file)) {
      circles.push(members.sort());
    }
  };
  for (const file of needs.keys()) if (!order.has(file)) visit(file);
  return circles.sort();
}
