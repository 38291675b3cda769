/**
 * What published scores measure: numbers on DeepSafe's file with every score, and without those that are
 * exactly 0.5. Numbers and names of detectors and generators alone; no score of a sample is kept.
 */
import { join } from "node:path";
import { expectedCalibrationError, reliability } from "lib/evaluation/calibration/reliability.ts";
import {
  aucCovariance,
  aucDifference,
  aucInterval,
} from "lib/evaluation/comparison/auc_covariance.ts";
import { holmAdjusted } from "lib/evaluation/comparison/holm.ts";
import { pairScores } from "lib/evaluation/comparison/paired_scores.ts";
import { joinScores } from "lib/evaluation/joined_scores.ts";
import type { PredictionRow } from "lib/evaluation/prediction_file.ts";
import { quantile } from "lib/evaluation/quantile.ts";
import { rocAuc } from "lib/evaluation/roc.ts";
import { csvRows, writeCsv } from "lib/io/csv_rows.ts";

/** The detectors of the file by what they judge: a column's name after "prob_", and what people call it. */
export const PUBLISHED_DETECTORS: Readonly<
  Record<"video" | "images" | "audio", Readonly<Record<string, string>>>
> = Object.freeze({
  video: {
    fakestormer: "FakeSTormer",
    sbi: "SBI",
    lipfd: "LipFD",
    recce: "RECCE",
    npr_video: "NPR-video",
    univfd_video: "UnivFD-video",
    mintime: "MINTIME",
    dfd_fcg: "DFD-FCG",
    pwtf_dvd: "PwTF-DVD",
  },
  images: {
    npr: "NPR",
    universal: "UnivFD",
    yermandy: "Yermandy",
    effort: "Effort",
    fsd: "FSD",
    cospy: "CO-SPY",
    aide: "AIDE",
  },
  audio: { shiftyspeech: "ShiftySpeech", nes2net: "Nes2Net", safeear: "SafeEar" },
});

/** A row of numbers by column, as it is kept. */
export type Numbers = Readonly<Record<string, string | number | null>>;

/** The numbers, in the four tables that are kept. */
export interface PublishedNumbers {
  /**
   * A detector a row: how many samples of its kind there are and have a score; how many reals and fakes
   * have exactly 0.5; AUC with DeLong's interval, and the same without those; expected calibration error;
   * the median milliseconds of samples with 0.5 and of others.
   */
  readonly detectors: readonly Numbers[];
  /** A video detector and a generator a row: its fakes, those with 0.5, and AUC against all reals. */
  readonly generators: readonly Numbers[];
  /** A bin of a video detector's reliability diagram a row. */
  readonly reliability: readonly Numbers[];
  /**
   * Two video detectors a row: the difference of their AUCs, its interval and p by DeLong, and Holm's p;
   * and the same without 0.5.
   */
  readonly pairs: readonly Numbers[];
}

/** Whether a score is exactly 0.5. */
const isHalf = ({ logOdds }: Pick<PredictionRow, "logOdds">) => logOdds === 0;

const scoresOf = (rows: readonly PredictionRow[]) => rows.map(({ logOdds }) => logOdds);
const labelsOf = (rows: readonly PredictionRow[]) => rows.map(({ label }) => label);

/** AUC with DeLong's interval; nulls where it is undefined. */
function intervalOf(rows: readonly PredictionRow[]) {
  const labels = labelsOf(rows);
  if (new Set(labels).size < 2) return { value: null, low: null, high: null };
  return aucInterval(aucCovariance([scoresOf(rows)], labels), 0);
}

const median = (values: readonly number[]) =>
  values.length === 0 ? null : quantile([...values].sort((a, b) => a - b), 0.5);

/** How long each sample took each detector, in milliseconds. */
async function latencies(file: string): Promise<Map<string, Readonly<Record<string, string>>>> {
  const found = new Map<string, Readonly<Record<string, string>>>();
  for await (const { cells } of csvRows(file, ["id"])) found.set(cells.id, cells);
  return found;
}

function detectorNumbers(
  { detector, modality, expected, rows, took }: {
    detector: string;
    modality: string;
    expected: number;
    rows: readonly PredictionRow[];
    took: (row: PredictionRow) => number;
  },
): Numbers {
  const half = rows.filter(isHalf), others = rows.filter((row) => !isHalf(row));
  const [all, without] = [intervalOf(rows), intervalOf(others)];
  const count = (of: readonly PredictionRow[], label: number) =>
    of.filter((row) => row.label === label).length;
  return {
    detector,
    modality,
    samples: expected,
    scored: rows.length,
    reals: count(rows, 0),
    realsAtHalf: count(half, 0),
    fakes: count(rows, 1),
    fakesAtHalf: count(half, 1),
    auc: all.value,
    low: all.low,
    high: all.high,
    aucWithout: without.value,
    lowWithout: without.low,
    highWithout: without.high,
    calibrationError: expectedCalibrationError(reliability(scoresOf(rows), labelsOf(rows))),
    millisecondsAtHalf: median(half.map(took)),
    milliseconds: median(others.map(took)),
  };
}

/** Each generator's fakes against all reals, with and without 0.5 on either side. */
function generatorNumbers(detector: string, rows: readonly PredictionRow[]): Numbers[] {
  const reals = rows.filter(({ label }) => label === 0);
  const auc = (of: readonly PredictionRow[]) =>
    new Set(labelsOf(of)).size < 2 ? null : rocAuc(scoresOf(of), labelsOf(of));
  const fakes = Map.groupBy(rows.filter(({ label }) => label === 1), ({ method }) => method);
  return [...fakes].sort(([a], [b]) => a < b ? -1 : 1).map(([generator, own]) => ({
    detector,
    generator,
    fakes: own.length,
    fakesAtHalf: own.filter(isHalf).length,
    auc: auc([...reals, ...own]),
    aucWithout: auc([...reals, ...own].filter((row) => !isHalf(row))),
  }));
}

/** Every two detectors on the samples that both have. */
function pairNumbers(lists: Readonly<Record<string, readonly PredictionRow[]>>): Numbers[] {
  const names = Object.keys(lists);
  const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b) => [a, b] as const));
  const compared = (keep: (row: PredictionRow) => boolean) => {
    const tests = pairs.map((pair) => {
      const { paired } = pairScores(pair.map((name) => ({
        name,
        rows: lists[name].filter(keep).map((row) => ({ ...row, sample: row.path })),
      })));
      const { length } = paired.samples;
      return { length, ...aucDifference(aucCovariance(paired.logOdds, paired.labels), [0, 1]) };
    });
    const holm = holmAdjusted(tests.map(({ p }) => p));
    return tests.map((test, i) => ({ ...test, holm: holm[i] }));
  };
  const atHalf = (name: string) => new Set(lists[name].filter(isHalf).map(({ path }) => path));
  const all = compared(() => true), without = compared((row) => !isHalf(row));
  return pairs.map(([a, b], i) => ({
    a,
    b,
    bothAtHalf: atHalf(a).intersection(atHalf(b)).size,
    eitherAtHalf: atHalf(a).union(atHalf(b)).size,
    samples: all[i].length,
    difference: all[i].difference,
    low: all[i].low,
    high: all[i].high,
    p: all[i].p,
    holm: all[i].holm,
    samplesWithout: without[i].length,
    differenceWithout: without[i].difference,
    lowWithout: without[i].low,
    highWithout: without[i].high,
    pWithout: without[i].p,
    holmWithout: without[i].holm,
  }));
}

/**
 * All numbers, from the file.
 *
 * @param file As `publishedScoresFile` finds it.
 * @throws RangeError naming file, line and column where it is another file.
 */
export async function publishedNumbers(file: string): Promise<PublishedNumbers> {
  const took = await latencies(file);
  const detectors: Numbers[] = [], generators: Numbers[] = [], bins: Numbers[] = [];
  const videos: Record<string, readonly PredictionRow[]> = {};
  for (const [modality, named] of Object.entries(PUBLISHED_DETECTORS)) {
    for (const [column, detector] of Object.entries(named)) {
      const { scored } = await joinScores(file, {
        format: { columns: { path: "id", score: `prob_${column}` }, only: { modality } },
        split: "test",
        dataset: modality,
      });
      const rows = [...scored.predictions];
      detectors.push(detectorNumbers({
        detector,
        modality,
        expected: scored.samples.length,
        rows,
        took: ({ path }) => Number(took.get(path)![`lat_${column}`]),
      }));
      if (modality !== "video") continue;
      videos[detector] = rows;
      generators.push(...generatorNumbers(detector, rows));
      bins.push(
        ...reliability(scoresOf(rows), labelsOf(rows), { bins: 10 }).map((row) => ({
          detector,
          ...row,
        })),
      );
    }
  }
  return { detectors, generators, reliability: bins, pairs: pairNumbers(videos) };
}

const fileOf = (folder: string, table: string) => join(folder, `11_${table}.csv`);

/** Keeps the numbers as 11_detectors.csv and three files more. */
export async function keepNumbers(folder: string, numbers: PublishedNumbers): Promise<void> {
  for (const [table, rows] of Object.entries(numbers) as [string, readonly Numbers[]][]) {
    const cells = rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([column, value]) => [column, value ?? ""]))
    );
    await writeCsv(fileOf(folder, table), cells, Object.keys(rows[0]));
  }
}

/**
 * Numbers that were kept.
 *
 * @throws RangeError naming a file that is not there.
 */
export async function keptNumbers(folder: string): Promise<PublishedNumbers> {
  const rowsOf = (table: keyof PublishedNumbers): Promise<Numbers[]> =>
    Array.fromAsync(csvRows(fileOf(folder, table), []), ({ cells }) =>
      Object.fromEntries(
        Object.entries(cells).map(([column, cell]) => [
          column,
          cell === "" ? null : /^-?[\d.]+(e-?\d+)?$/.test(cell) ? Number(cell) : cell,
        ]),
      ));
  return {
    detectors: await rowsOf("detectors"),
    generators: await rowsOf("generators"),
    reliability: await rowsOf("reliability"),
    pairs: await rowsOf("pairs"),
  };
}
