/** An evaluation as one HTML page, from plain values: without scripts, and nothing from elsewhere. */
import { confusionMatrix } from "lib/evaluation/accuracy.ts";
import type { CoverageRow } from "lib/evaluation/coverage.ts";
import type { EqualScores } from "lib/evaluation/equal_scores.ts";
import type { FrameColumns } from "lib/evaluation/frame_columns.ts";
import type { MetricRow } from "lib/evaluation/metric_table.ts";
import { probability } from "lib/evaluation/probability.ts";
import { measure } from "lib/evaluation/scored.ts";
import type { EvaluationRecord } from "lib/training/evaluation_record.ts";
import { html, type Markup } from "../predict/markup.ts";
import { reportDocument } from "../predict/report_document.ts";

/** A picture of the page. */
export interface PagePicture {
  /** The file, relative to the page. */
  readonly file: string;
  /** The figure in words. */
  readonly altText: string;
  /** A sentence under it. */
  readonly caption: string;
}

/** One data set on the page. */
export interface PageSection {
  /** What was tested on. */
  readonly data: EvaluationRecord["data"];
  /** Metrics. */
  readonly table: readonly MetricRow[];
  /** Coverage. */
  readonly covered: readonly CoverageRow[];
  /** Equal scores, the most frequent first. */
  readonly equal: readonly EqualScores[];
  /** The scores. */
  readonly frames: FrameColumns;
  /** Pictures, or why there are none. */
  readonly pictures: readonly PagePicture[] | string;
  /** Files that hold all of it. */
  readonly files: readonly string[];
}

/** Everything that the page shows. */
export interface EvaluationContent {
  /** What the detector is called. */
  readonly name: string;
  /** The file of scores. */
  readonly scores: string;
  /** The protocol's hash. */
  readonly protocol: string;
  /** How many times videos were drawn for the intervals. */
  readonly resamples: number;
  /** What is to be known of how rows were taken. */
  readonly remarks: readonly string[];
  /** The data sets. */
  readonly sections: readonly PageSection[];
}

/** Methods whose metrics stand on the page; all of them are in the files. */
const MOST_METHODS = 40;

/** Metrics that stand beside each other; more are another table below. */
const MOST_COLUMNS = 6;

/** Equal scores that the page lists. */
const MOST_EQUAL = 5;

/** What a sample may be: frames are left out where each is a video of its own, as both say the same. */
function levelsOf(covered: readonly CoverageRow[]): readonly MetricRow["level"][] {
  const [frames, videos] = (["frame", "video"] as const).map((level) =>
    covered.find((row) => row.method === "all" && row.level === level)?.expected
  );
  return frames === videos ? ["video"] : ["frame", "video"];
}

/** The line that a reader looks for first. */
function headline({ table, covered }: PageSection): Markup {
  const row = (metric: string) =>
    table.find((row) => row.method === "all" && row.level === "video" && row.metric === metric);
  const auc = row("AUC"),
    all = covered.find(({ method, level }) => method === "all" && level === "video");
  if (!auc || auc.value === null || !all) return html``;
  const interval = auc.low === null || auc.high === null
    ? ""
    : ` (95 % interval ${auc.low.toFixed(4)} to ${auc.high.toFixed(4)})`;
  return html`<p>AUC by video <b>${
    auc.value.toFixed(4)
  }</b>${interval}, on <b>${all.scored} of ${all.expected}</b> expected
videos.</p>`;
}

const share = (part: number, of: number) => of === 0 ? "–" : `${(100 * part / of).toFixed(1)} %`;

function metricCell({ value, low, high, reason }: MetricRow): Markup {
  if (value === null) return html`<span class="soft" title="${reason ?? ""}">–</span>`;
  const interval = low === null || high === null
    ? undefined
    : html`<br><span class="soft">${low.toFixed(3)} to ${high.toFixed(3)}</span>`;
  return html`${value.toFixed(4)}${interval}`;
}

/** The methods' metrics as tables that are no wider than the page. */
function metricTables({ table, covered }: PageSection): Markup {
  const metrics = [...new Set(table.map(({ metric }) => metric))];
  const methods = ["all", ...new Set(table.map(({ method }) => method).filter((m) => m !== "all"))];
  const shown = methods.slice(0, MOST_METHODS), left = methods.length - shown.length;
  const rows = shown.flatMap((method) => levelsOf(covered).map((level) => ({ method, level })));
  const parts = Array.from(
    { length: Math.ceil(metrics.length / MOST_COLUMNS) },
    (_, i) => metrics.slice(i * MOST_COLUMNS, (i + 1) * MOST_COLUMNS),
  );
  return html`<div class="panel">${
    parts.map((part) => metricTable(table, { metrics: part, rows }))
  }${
    left > 0 ? html`<p class="soft">${left} more methods stand in the files.</p>` : undefined
  }</div>`;
}

function metricTable(
  table: readonly MetricRow[],
  { metrics, rows }: {
    metrics: readonly string[];
    rows: readonly Pick<MetricRow, "method" | "level">[];
  },
): Markup {
  return html`<table><tr><th>fakes of</th><th>by</th>${
    metrics.map((metric) => html`<th class="number">${metric}</th>`)
  }<th class="number">samples</th></tr>${
    rows.map(({ method, level }) => {
      const own = table.filter((row) => row.method === method && row.level === level);
      return html`<tr><td>${method}</td><td>${level}</td>${
        metrics.map((metric) => {
          const row = own.find((row) => row.metric === metric);
          return html`<td class="number">${row && metricCell(row)}</td>`;
        })
      }<td class="number">${own[0]?.samples}</td></tr>`;
    })
  }</table>`;
}

function coverageTable(covered: readonly CoverageRow[]): Markup {
  const levels = levelsOf(covered), isLong = covered.length > 2 * MOST_METHODS;
  const shown = covered.filter(({ method, level }) =>
    levels.includes(level) && (!isLong || method === "real" || method === "all")
  );
  const counts = ["expected", "scored", "missing", "failed"] as const;
  return html`
    <div class="panel">
      <table><tr><th>samples of</th><th>by</th>${counts.map((count) =>
        html`<th class="number">${count}</th>`
      )}</tr>${shown.map((row) =>
        html`<tr><td>${row.method}</td><td>${row.level}</td>${
          counts.map((count) => html`<td class="number">${row[count]}</td>`)
        }</tr>`
      )}</table>
    </div>
  `;
}

function equalTable(equal: readonly EqualScores[]): Markup {
  if (equal.length === 0) return html`<p>No two samples have exactly the same score.</p>`;
  return html`
    <div class="panel">
      <table><tr><th>score</th><th class="number">reals</th>
    <th class="number">fakes</th></tr>${equal.slice(0, MOST_EQUAL).map((
      { logOdds, real, fake, reals, fakes },
    ) =>
      html`
        <tr>
          <td>${probability(logOdds).toPrecision(6)}</td>
          <td class="number">${real} (${share(real, reals)})</td>
          <td class="number">${fake} (${share(fake, fakes)})</td>
        </tr>
      `
    )}</table>
      <p class="soft">${equal
        .length} scores are those of two samples or more. One that many share may
    stand for no answer, such as where no face was found; if so, whether there was an answer is part of what the
    metrics measure.</p>
    </div>
  `;
}

function decisions({ logOdds, labels }: FrameColumns): Markup {
  const { value } = measure(() => confusionMatrix(logOdds, labels));
  if (!value) return html`<p>There are no decisions.</p>`;
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = value;
  const reals = trueNegatives + falsePositives, fakes = truePositives + falseNegatives;
  return html`<p>At the threshold 0.5, of ${reals} reals ${falsePositives}
(${share(falsePositives, reals)}) are called fake, of ${fakes} fakes ${falseNegatives}
(${share(falseNegatives, fakes)}) are called real. A score of exactly 0.5 is called fake.</p>`;
}

function sectionOf(section: PageSection): Markup {
  const { data, covered, equal, frames, pictures, files } = section;
  return html`
    <h2>${data.dataset}, ${data.split}${data.distortion === "" ? "" : `, ${data.distortion}`}</h2>
    ${headline(section)}
    ${metricTables(section)}
    ${decisions(frames)}
    ${typeof pictures === "string"
      ? html`<p class="soft">${pictures}</p>`
      : pictures.map(({ file, altText, caption }) =>
        html`<figure class="panel"><img src="${file}" alt="${altText}" style="max-width:100%">
<figcaption>${caption}</figcaption></figure>`
      )}
    <h3>What it rests on</h3>
    ${coverageTable(covered)}
    <h3>Equal scores</h3>
    ${equalTable(equal)}
    <p class="soft">All numbers: ${files.join(", ")}.</p>
  `;
}

/** The page. Every text of files, paths and records is escaped. */
export function evaluationPage(content: EvaluationContent): string {
  const { name, scores, protocol, resamples, remarks, sections } = content;
  const intervals = resamples === 0
    ? "No intervals were asked for."
    : `Intervals hold 95 % of ${resamples} resamples of whole videos, within each class.`;
  return reportDocument(
    `Evaluation of ${name}`,
    html`
      <h1>Evaluation of ${name}</h1>
      <p>Scores of ${scores}. A score is a probability of fake, 0 to 1; each method's fakes are measured against
      all reals; a video has the mean score of its frames. ${intervals} Protocol ${protocol}.</p>
      ${remarks.map((remark) => html`<p><b>${remark}</b></p>`)}
      ${sections.map(sectionOf)}
    `,
  );
}
