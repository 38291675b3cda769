/** The report as one HTML page, from plain values: without scripts, and nothing from elsewhere. */
import type { DetectorFacts } from "./detector_facts.ts";
import { counted, faceRemark, type FaceResult, inputStatus, peopleOf } from "./input_result.ts";
import { html, Markup } from "./markup.ts";
import type { ShownFace, ShownInput, ShownPicture } from "./report_inputs.ts";
import { REPORT_STYLE } from "./report_style.ts";
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

const bar = (score: number) =>
  html`<div class="bar"><i style="width:${(100 * score).toFixed(1)}%"></i></div>`;

/** A face's box with its score, in pixels of the picture. */
function boxOf(face: FaceResult, unit: number): Markup {
  const [left, top, right, bottom] = face.box;
  const place = new Markup(
    `x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"`,
  );
  const kind = face.refused === undefined ? "" : "refused";
  const words = face.score === undefined
    ? "not scored"
    : `${face.person} · ${face.score.toFixed(2)}`;
  const size = 14 * unit, above = top > 1.4 * size ? top - 0.4 * size : top + 1.1 * size;
  return html`
    <rect class="under ${kind}" ${place} stroke-width="${4 * unit}" />
    <rect class="${kind}" ${place} stroke-width="${2 * unit}" />
    <text x="${left + 2 * unit}" y="${above}" font-size="${size}"
      stroke-width="${3 * unit}">${words}</text>
  `;
}

function pictureOf({ result }: ShownInput, picture: ShownPicture, columns: number): Markup {
  const { file, width, height, faces, frame } = picture;
  // A unit is about a pixel of the screen, however many pixels the picture has.
  const unit = Math.max(width / (columns === 1 ? 736 : 320), height / 544);
  const scores = faces.map(({ score }) => score === undefined ? "not scored" : score.toFixed(2));
  const what = result.kind === "video" ? `Frame ${frame}` : "The picture";
  return html`<figure><svg viewBox="0 0 ${width} ${height}" style="max-width:${
    (34 * width / height).toFixed(1)
  }rem" role="img" aria-label="${what} of ${result.path}: ${counted(faces.length, "face")}${
    faces.length > 0 ? `, ${scores.join(", ")}` : ""
  }">
<image href="${file}" width="${width}" height="${height}"/>
${faces.map((face) => boxOf(face, unit))}</svg>${
    result.kind === "video" ? html`<figcaption>frame ${frame}</figcaption>` : undefined
  }</figure>`;
}

function faceOf({ result }: ShownInput, { face, crop, maps }: ShownFace, maximum: number): Markup {
  const who = result.kind === "video"
    ? `person ${face.person}, frame ${face.frame}`
    : `face ${face.person}`;
  const remark = faceRemark(face);
  return html`<div class="face">
<figure class="map"><div><img src="${crop}" alt="${who}, as the detector sees it"></div>
<figcaption>${who}<br><b>${face.score.toFixed(4)}</b>${
    remark === "" ? "" : `; ${remark}`
  }</figcaption></figure>
${
    maps.map(({ name, grid, file }) => {
      const peak = Math.max(...grid.flat());
      const words = peak > 0 ? `up to ${peak.toPrecision(2)}` : "no evidence for fake";
      const overlay = maximum > 0 ? html`<img src="${file}" alt="">` : undefined;
      return html`
        <figure class="map">
          <div><img class="grey" src="${crop}" alt="${who}: map of ${name}, ${words}">${overlay}</div>
          <figcaption>${name}<br>${words}</figcaption>
        </figure>
      `;
    })
  }
</div>`;
}

function peopleTable({ result }: ShownInput): Markup | undefined {
  const people = peopleOf(result);
  if (result.kind !== "video" || people.length < 2) return undefined;
  return html`
    <table
      class="people"><tr><th>person</th><th class="number">mean score</th><th class="number">faces</th>
    <th class="number">first frame</th><th class="number">last frame</th></tr>
    ${people.map(({ person, mean, faces }) =>
      html`
        <tr>
          <td>${person}</td>
          <td class="number">${mean.toFixed(4)}</td>
          <td class="number">${faces.length}</td>
          <td class="number">${faces[0].frame}</td>
          <td class="number">${faces.at(-1)!.frame}</td>
        </tr>
      `
    )}</table>
  `;
}

function inputOf(input: ShownInput, number: number, maximum: number): Markup {
  const { result, pictures, faces } = input, highest = verdict(result);
  const columns = pictures.length;
  return html`
    <section class="panel" id="input${number}">
    <div class="head"><h3>${result.path}</h3><span class="score">${highest?.score.toFixed(4) ??
      "–"}</span></div>
    ${highest && bar(highest.score)}
    <p class="soft">${inputStatus(result)}</p>
    ${peopleTable(input)}
    <div class="frames${columns === 1 ? " one" : ""}">
    ${pictures.map((picture) => pictureOf(input, picture, columns))}</div>
    ${faces.map((face) => faceOf(input, face, maximum))}
    </section>
  `;
}

function summary(inputs: readonly ShownInput[]): Markup {
  return html`
    <div class="panel">
      <table><tr><th>input</th><th class="number">score</th><th>status</th></tr>
    ${inputs.map(({ result }, i) =>
      html`
        <tr>
          <td><a href="#input${i + 1}">${result.path}</a></td>
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
      shown.map(({ dataset, split, level, value, low, high, samples }) =>
        html`
          <tr>
            <td>${dataset}, ${split}</td>
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
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
        <title>Scores of ${detector.name}</title>
        <style>${new Markup(REPORT_STYLE)}</style>
      </head>
      <body>
        <main>
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
      input.pictures.length > 0 ? inputOf(input, i + 1, maximum) : undefined
    )}
        </main>
      </body>
    </html>
  `.text;
}
