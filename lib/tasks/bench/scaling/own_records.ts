/** What the projection takes from earlier measurements of this project: an H100's steps, and the loader's speed. */
import { join } from "node:path";
import type { DataReport } from "../data/bench_data_report.ts";
import { summarise } from "../statistics.ts";
import type { Gpu } from "./projection.ts";

/**
 * The paper's detector, four blocks of 224 pixels, at batch 8 on an NVIDIA H100 (2026-11-27, `tests/gpu/check.sh`,
 * the README's table): pictures a second of our float32 (TF32) step, the operations that TensorFlow ran of it, and the
 * share of PyTorch's CUDA graph with channels_last that this was. Recorded were 10,638 operations, among them each
 * constant as often as it was used; TensorFlow merges equal ones, which leaves 6,700 (its executor's log of the
 * step, on a processor).
 */
const H100 = { pictures: 8, perSecond: 123, nodes: 6_700, ofFastest: 0.24 };

/** A training step counts as three forward passes, a multiply-add as two operations. */
const OPERATIONS = 3 * 2;

/**
 * The H100 as those numbers have it. Launches: the step's time over its operations, as nothing else seems to limit
 * it. Arithmetic: what PyTorch's step reached where no launches were in the way.
 *
 * @param paperMacs Multiply-adds of a picture's forward pass through that detector.
 */
export function h100(paperMacs: number): Gpu {
  const { pictures, perSecond, nodes, ofFastest } = H100;
  return {
    name: "NVIDIA H100",
    nodeSeconds: pictures / perSecond / nodes,
    flops: OPERATIONS * paperMacs * perSecond / ofFastest,
  };
}

/** How many pictures a core loads. */
export interface LoaderSpeed {
  /** The report that says it. */
  readonly report: string;
  /** JPEG crops of 224 pixels a second and core, decoded. */
  readonly perCore: number;
}

/** The loader's speed in the newest report of `bench-data` in a folder; undefined where there is none. */
export async function loaderSpeed(folder: string): Promise<LoaderSpeed | undefined> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith("-data.json")) names.push(name);
  }
  const newest = names.sort().at(-1);
  if (newest === undefined) return undefined;
  const { cases, machine } = JSON.parse(
    await Deno.readTextFile(join(folder, newest)),
  ) as DataReport;
  const plain = cases.find(({ side, size, rounds }) => side === size && rounds.length > 0);
  if (plain === undefined) return undefined;
  const { median } = summarise(plain.rounds.map(({ loader }) => loader));
  return { report: newest, perCore: median / machine.cores };
}
