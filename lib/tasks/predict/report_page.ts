/** The report as one HTML page, from plain values: without scripts, and nothing from elsewhere. */
import type { DetectorFacts } from "./detector_facts.ts";
import { inputStatus } from "./input_result.ts";
import { html, type Markup } from "./markup.ts";
import type { ShownInput } from "./report_inputs.ts";
import { inputPanel } from "./report_panel.ts";
import { reportDocument } from "./report_document.ts";
import { verdict } from "./result_rows.ts";

/** Everything that the page shows. */
export interface ReportContent {
  /** The detector. */
  readonly detector: DetectorFacts;
  /** The inputs, in order. */
  readonly inputs: readonly ShownInput[];
  /** The end of the maps' one scale, in logits per cell; 0 where no map is positive. */
  readonly maximum: number;
  /** Lines about what was passed over. */
  readonly remarks: readonly string[];
}

/** What a score says, and what it does not. */
const MEANING = [
  "A score is the probability of fake that this detector gives to a face, from 0 (real) to 1 (fake): how " +
  "much the face is like the fakes, and how little like the real faces, that it learnt from.",
  "It is no proof: by forgeries of other kinds, other cameras, strong compression, small or turned faces a " +
  "detector can be wrong and sure at once, so read a score beside its record below.",
];

const NOT_MEASURED = "How it does on test data was not measured, or is not kept beside it.";

function summary(inputs: readonly ShownInput[]): Markup {
  return html`
    <div class="panel">
      <table><tr><th>input</th><th class="number">score</th><th>status</th></tr>
    ${inputs.map(({ result, pictures }, i) =>
      html`
        <tr>
          <td>${pictures.length === 0
            ? result.path
            : html`<a href="#input${i + 1}">${result.path}</a>`}</td>
          <td class="number">${verdict(result)?.score.toFixed(4) ?? "–"}</td>
          <td class="wide">${inputStatus(result)}</td>
        </tr>
      `
    )}</table>
    </div>
  `;
}

function detectorPanel({ facts, evaluations, settings }: DetectorFacts): Markup {
  const shown = evaluations.filter(({ method }) => method === "all");
  return html`<div class="panel"><dl>${
    facts.map(([name, value]) =>
      html`
        <dt>${name}</dt>
        <dd>${value}</dd>
      `
    )
  }</dl>
${
    shown.length === 0 ? html`<p class="soft">${NOT_MEASURED}</p>` : html`<table>
<tr><th>test data</th><th>by</th><th class="number">AUC</th><th class="number">95 % interval</th><th class="number">samples</th></tr>
${
      shown.map(({ dataset, split, distortion, level, value, low, high, samples }) =>
        html`
          <tr>
            <td>${[dataset, split, distortion].filter((word) => word !== "").join(", ")}</td>
            <td>${level}</td>
            <td class="number">${value!.toFixed(4)}</td>
            <td class="number">${low === null || high === null
              ? "–"
              : `${low.toFixed(4)} to ${high.toFixed(4)}`}</td>
            <td class="number">${samples}</td>
          </tr>
        `
      )
    }</table>`
  }
<details><summary>All settings</summary><pre>${settings}</pre></details></div>`;
}

/** The page. Every text of files, paths and records is escaped. */
export function reportPage({ detector, inputs, maximum, remarks }: ReportContent): string {
  return reportDocument(
    `Scores of ${detector.name}`,
    html`
      <h1>Scores of ${detector.name}</h1>
      ${MEANING.map((sentence) => html`<p>${sentence}</p>`)}
      <h2>Inputs</h2>
      ${summary(inputs)}
      ${remarks.map((line) => html`<p class="soft">${line}</p>`)}
      <h2>The detector</h2>
      ${detectorPanel(detector)}
      <h2>Faces and where the detector looks</h2>
      <p>White boxes are faces, with the number of the face or person and its score. A coloured map shows where a part of the detector sees evidence for
      fake, and “whole” all parts together (Grad-CAM of the log-odds, in logits per cell). All maps of this page
      share one scale${maximum > 0 ? ":" : "; none of them is above 0."}</p>
      ${maximum > 0
        ? html`
          <div class="scale"></div>
          <div class="ends"><span>0</span><span>${maximum.toPrecision(2)}</span></div>
          <p></p>
        `
        : undefined}
      ${inputs.map((input, i) =>
        input.pictures.length > 0 ? inputPanel(input, { number: i + 1, maximum }) : undefined
      )}
    `,
  );
}
