/**
 * The paper's Tables 1 to 3 and 6 as printed, every row of every system. What the kit has to set beside them is
 * in paper_comparison.ts, who the systems are in compared_systems.ts.
 */
import type { Benchmark } from "./benchmarks.ts";
import { OURS } from "./compared_systems.ts";

/** One cell of Tables 1 to 3. */
export interface PrintedValue {
  /** The table. */
  readonly table: 1 | 2 | 3;
  /** The system, by its name in `COMPARED_SYSTEMS`. */
  readonly system: string;
  /** What it was trained on; "private" for data of its authors ("PD" in the tables). */
  readonly training: Benchmark | "private";
  /** What it was tested on. */
  readonly test: Benchmark;
  /** The metric, by its name in `METRICS`. */
  readonly metric: "AUC" | "log loss";
  /** What the table says it is a metric of; what the cited numbers are of is not always so. */
  readonly level: "frame" | "video";
  /** As printed, such as `"0.750*"`; `"-"` where nothing is. */
  readonly text: string;
  /** The number; `null` where none is printed. */
  readonly value: number | null;
  /**
   * Where the paper has it from: its own measurement, the system's own paper, or a third one that collected
   * numbers (the star of Tables 2 and 3).
   */
  readonly origin: "measured" | "own paper" | "third paper";
  /** Among the column's systems; ties share a place. The captions set the best bold and the second underlined. */
  readonly place: "best" | "second" | undefined;
}

/** A line of a table: system, training data, and its cells from left to right. */
type Line = readonly [system: string, training: "FF++" | "PD" | "CD2" | "DFDC", ...string[]];

const TRAINED_ON: Readonly<Record<Line[1], PrintedValue["training"]>> = {
  "FF++": "FaceForensics++",
  PD: "private",
  CD2: "Celeb-DF-v2",
  DFDC: "DFDC",
};

/** Table 1, left: FF++ (C23), AUC. */
const TABLE_1_FF: readonly Line[] = [
  ["Xception", "FF++", "0.963"],
  ["Xception-ELA", "FF++", "0.948"],
  ["SPSL", "FF++", "0.943"],
  ["Face X-ray", "FF++", "0.874"],
  ["TD-3DCNN", "FF++", "0.722"],
  ["F3-Net", "FF++", "0.981"],
  ["FInfer", "FF++", "0.957"],
  [OURS, "FF++", "0.983"],
];

/** Table 1, middle: Celeb-DF-V2, AUC. */
const TABLE_1_CD2: readonly Line[] = [
  ["DeepfakeUCL", "CD2", "0.905"],
  ["SBIs", "CD2", "0.937"],
  ["Agarwal et al.", "CD2", "0.990"],
  ["Wu et al.", "CD2", "0.998"],
  ["TD-3DCNN", "CD2", "0.888"],
  ["Xception", "CD2", "0.985"],
  ["FInfer", "CD2", "0.933"],
  [OURS, "CD2", "0.999"],
];

/** Table 1, right: DFDC, AUC and log loss. Its star marks DFDC's winning teams. */
const TABLE_1_DFDC: readonly Line[] = [
  ["Selim Seferbekov", "DFDC", "0.882", "0.4279"],
  ["NTechLab", "DFDC", "0.880", "0.4345"],
  ["Eighteen Years Old", "DFDC", "0.886", "0.4347"],
  ["WM", "DFDC", "0.883", "0.4284"],
  ["TD-3DCNN", "DFDC", "0.790", "0.3670"],
  ["Chugh et al.", "DFDC", "0.907", "-"],
  ["FInfer", "DFDC", "0.829", "-"],
  [OURS, "DFDC", "0.939", "0.3379"],
];

/** Table 2: AUC by frame on CD1, CD2, DFDC-P, DFDC. */
const TABLE_2: readonly Line[] = [
  ["Xception", "FF++", "0.750*", "0.778*", "0.698*", "0.636*"],
  ["DSP-FWA", "FF++", "0.785*", "0.814*", "0.595*", "-"],
  ["Meso4", "FF++", "0.422*", "0.536*", "0.594*", "-"],
  ["F3-Net", "FF++", "-", "0.712*", "0.729*", "0.646*"],
  ["Face X-ray", "PD", "0.806", "0.742*", "0.809", "-"],
  ["Multi-Attention", "FF++", "-", "0.674", "-", "0.680*"],
  ["OST", "FF++", "0.748", "-", "0.833", "-"],
  ["HCIL", "FF++", "-", "0.790", "0.692", "-"],
  ["LiSiam", "FF++", "0.811", "0.782", "-", "-"],
  ["RECCE", "FF++", "-", "0.687", "-", "0.691"],
  ["ICT", "PD", "0.814", "0.857", "-", "-"],
  ["DCL", "FF++", "-", "0.823", "0.767", "-"],
  ["IID", "FF++", "-", "0.838", "0.812", "-"],
  [OURS, "FF++", "0.818", "0.864", "0.851", "0.721"],
];

/** Table 3: AUC by video on CD2, DFDC-P, DFDC. */
const TABLE_3: readonly Line[] = [
  ["Xception", "FF++", "0.737*", "0.679*", "0.709*"],
  ["F3-Net", "FF++", "0.757*", "-", "0.709*"],
  ["PCL + I2G", "PD", "0.900", "0.744", "0.675"],
  ["FST-Matching", "FF++", "0.894", "-", "-"],
  ["LipForensics", "FF++", "0.824", "-", "0.735"],
  ["FTCN", "FF++", "0.869", "0.740", "0.710*"],
  ["Luo et al.", "FF++", "-", "0.797", "-"],
  ["ResNet-34 + SBIs", "PD", "0.870", "0.822", "0.664"],
  ["EFNB4 + SBIs", "PD", "0.932", "0.862", "0.724"],
  ["RATF", "FF++", "0.765", "0.691", "-"],
  ["Li et al.", "FF++", "0.848", "0.785", "-"],
  ["AltFreezing", "FF++", "0.895", "-", "-"],
  ["AUNet", "PD", "0.928", "0.862", "0.738"],
  [OURS, "FF++", "0.936", "0.902", "0.754"],
];

/** What a column of a table measures. */
type Column = readonly [test: Benchmark, metric: PrintedValue["metric"]];

const numberOf = (text: string) => text === "-" ? null : parseFloat(text);

/** Best and second of a column, each of one or more systems. */
function places(column: readonly string[], metric: Column[1]): PrintedValue["place"][] {
  const up = metric === "AUC" ? -1 : 1;
  const sorted = [...new Set(column.map(numberOf).filter((value) => value !== null))]
    .sort((a, b) => up * (a - b));
  return column.map((text) => (["best", "second"] as const)[sorted.indexOf(numberOf(text)!)]);
}

function cellsOf(
  table: PrintedValue["table"],
  lines: readonly Line[],
  columns: readonly Column[],
): PrintedValue[] {
  const placed = columns.map(([, metric], c) => places(lines.map((line) => line[c + 2]), metric));
  return lines.flatMap(([system, training, ...texts], r) =>
    texts.map((text, c): PrintedValue => {
      const [test, metric] = columns[c];
      return Object.freeze({
        table,
        system,
        training: TRAINED_ON[training],
        test,
        metric,
        level: table === 3 ? "video" : "frame",
        text,
        value: numberOf(text),
        origin: system === OURS ? "measured" : text.endsWith("*") ? "third paper" : "own paper",
        place: placed[c][r],
      });
    })
  );
}

const aucs = (...tests: Benchmark[]): Column[] => tests.map((test) => [test, "AUC"]);

/** Every cell of Tables 1 to 3, line by line. */
export const PRINTED_VALUES: readonly PrintedValue[] = Object.freeze([
  ...cellsOf(1, TABLE_1_FF, aucs("FaceForensics++")),
  ...cellsOf(1, TABLE_1_CD2, aucs("Celeb-DF-v2")),
  ...cellsOf(1, TABLE_1_DFDC, [["DFDC", "AUC"], ["DFDC", "log loss"]]),
  ...cellsOf(2, TABLE_2, aucs("Celeb-DF-v1", "Celeb-DF-v2", "DFDC-Preview", "DFDC")),
  ...cellsOf(3, TABLE_3, aucs("Celeb-DF-v2", "DFDC-Preview", "DFDC")),
]);

/** Table 6: AUC by frame of the paper's method on distorted frames, at levels 1 to 5. */
export const PRINTED_ROBUSTNESS: Readonly<Record<string, readonly number[]>> = Object.freeze({
  Normal: [0.983, 0.983, 0.983, 0.983, 0.983],
  Contrast: [0.977, 0.977, 0.976, 0.975, 0.967],
  Saturation: [0.979, 0.979, 0.978, 0.978, 0.978],
  Compression: [0.972, 0.966, 0.952, 0.939, 0.918],
  Average: [0.976, 0.974, 0.969, 0.964, 0.955],
});
