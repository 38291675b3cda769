/**
 * One `evaluate --scores` command: anyone's scores, joined with what is expected, measured as a detector's
 * own predictions are, with a page to read. Imports packages, so it is loaded after the set-up.
 */
import { basename, join } from "node:path";
import { LABEL_LEGEND } from "lib/data/manifest.ts";
import { readCut } from "lib/data/prepare/prepare_settings.ts";
import { type JoinedScores, joinScores } from "lib/evaluation/joined_scores.ts";
import { writePredictions } from "lib/evaluation/prediction_file.ts";
import type { ScoreFormat } from "lib/evaluation/score_columns.ts";
import { readScoreFormat } from "lib/evaluation/score_format_file.ts";
import { sha256, sha256OfFile } from "lib/io/sha256.ts";
import { createRandom } from "lib/random.ts";
import { resultName } from "lib/training/evaluation_files.ts";
import { readEvaluationRecord } from "lib/training/evaluation_record.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { expectedData, expectedDigest } from "./expected_data.ts";
import type { PageSection } from "./evaluation_page.ts";
import { measureDataSet } from "./measure_data_set.ts";
import { saveUnscored } from "./save_unscored.ts";
import type { ScoresOptions } from "./scores_options.ts";
import { writeEvaluationPage } from "./write_page.ts";

/** How the file is read: what the command line says goes before its --format file. */
async function formatOf({ format, formatFile }: ScoresOptions): Promise<ScoreFormat> {
  if (formatFile === undefined) return format;
  const written = await readScoreFormat(formatFile);
  return {
    ...written,
    ...format,
    columns: { ...written.columns, ...format.columns },
    only: { ...written.only, ...format.only },
  };
}

/** What is to be known of how rows were taken, a sentence each. */
function remarksOn({ joinedByEnd, strangers, clipped, hasVideos }: JoinedScores): string[] {
  return [
    ...hasVideos ? [] : [
      "The file names no videos, so each row counts as a video of its own. Where rows are frames, say " +
      "which videos they are of (--columns video=NAME, or --frames-in-folders): intervals over frames " +
      "as if they were videos are too narrow.",
    ],
    ...joinedByEnd > 0
      ? [
        `${joinedByEnd} rows were joined by the end of their path: the data has other folders before it.`,
      ]
      : [],
    ...strangers > 0 ? [`${strangers} rows are of no sample of the data, and were left out.`] : [],
    ...clipped > 0
      ? [
        `${clipped} scores are nearer than 2e-16 to 0 or 1: their order counts, and log loss takes them ` +
        "as about 36 nats from the other side. Log-odds in their place (--scale log-odds) would say more.",
      ]
      : [],
  ];
}

/** Refuses a folder that holds the evaluation of other scores under the same name. */
async function assertSameScores(
  folder: string,
  { scores, ...of }: { scores: string; dataset: string; split: string; data: string },
): Promise<void> {
  const kept = await readEvaluationRecord(folder, of);
  if (kept === undefined || kept.detector.sha256 === scores) return;
  throw new RangeError(
    `${
      JSON.stringify(folder)
    } holds the evaluation of other scores of ${of.dataset}. Choose another ` +
      "folder with --out, or another --name.",
  );
}

/**
 * Evaluates a file of scores, data set by data set.
 *
 * @returns The exit code: 1 when an expected sample has no score, else 0.
 * @throws RangeError for what cannot be read or joined, naming file, line and column; errors of files as
 * they are.
 */
export async function evaluateScores(
  options: ScoresOptions,
  surroundings: TaskSurroundings,
): Promise<number> {
  const { say } = surroundings,
    { scores, name, by, split, resamples, skipStrangers, out, figures } = options;
  const format = await formatOf(options);
  const expected = options.data === undefined ? undefined : await expectedData(options.data, say);
  const joined = await joinScores(scores, {
    format,
    by,
    split,
    dataset: name,
    skipStrangers,
    ...expected === undefined ? {} : { expected: expected.samples() },
  });
  const of = JSON.stringify([format, by]),
    digest = sha256(await sha256OfFile(scores), of).slice(0, 16);
  const data = await expectedDigest(joined.scored.samples, expected?.manifest);
  const cut = expected?.manifest === undefined ? undefined : await readCut(expected.manifest);
  const protocol = sha256(JSON.stringify({ scores: "anyone's", test: data })).slice(0, 16);
  const remarks = remarksOn(joined);
  say(`${LABEL_LEGEND}. Protocol ${protocol}.`);
  for (const remark of remarks) say(remark);

  const sections: Omit<PageSection, "pictures">[] = [];
  let isWhole = true;
  for (const [dataset, { samples, predictions, unscored }] of joined.scored.byDataset()) {
    const word = resultName({ dataset, split, data });
    await assertSameScores(out, { scores: digest, dataset, split, data });
    const path = join(out, `predictions-${word}.csv`);
    const tested = { dataset, split, sha256: data, distortion: cut?.distortion ?? "" };
    const measured = await measureDataSet({
      folder: out,
      detector: { name, seed: null, sha256: digest, scores: "file" },
      protocol,
      data: tested,
      differences: "",
      samples,
      predictions,
      unscored,
      random: createRandom(1, "bootstrap", dataset),
      resamples,
    }, surroundings);
    await writePredictions(path, predictions);
    const files = [path, ...measured.files];
    for (const file of files) say(file);
    const names = files.map((file) => basename(file));
    sections.push({ ...measured, data: tested, files: names });
    const list = join(out, `unscored-${word}.csv`);
    const lines = Array.from(unscored, ({ path, failed }) => ({
      path,
      problem: failed ? "failed" : "missing",
      explanation: failed
        ? "its row has no score: the detector was asked and gave none."
        : "the file has no row for it.",
    }));
    await saveUnscored(list, lines);
    if (lines.length > 0) {
      isWhole = false;
      say(`${lines.length} expected samples have no score; ${list} names them.`);
    }
  }
  const page = await writeEvaluationPage(out, {
    name,
    scores: basename(scores),
    protocol,
    resamples,
    remarks,
    sections,
  }, { figures });
  say(`\nNext: open ${page}, which shows all of it.`);
  return isWhole ? 0 : 1;
}
