/** One input in the report, as HTML. */
import { counted, faceRemark, type FaceResult, inputStatus, peopleOf } from "./input_result.ts";
import { html, Markup } from "./markup.ts";
import type { ShownFace, ShownInput, ShownPicture } from "./report_inputs.ts";
import { verdict } from "./result_rows.ts";

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

function pictureOf(
  { result, pictures }: ShownInput,
  picture: ShownPicture,
): Markup {
  const { file, width, height, faces, frame } = picture;
  // A unit is about a pixel of the screen, however many pixels the picture has.
  const unit = Math.max(width / (pictures.length === 1 ? 736 : 320), height / 544);
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

function faceOf(
  { face, crop, maps }: ShownFace,
  { isVideo, maximum }: { isVideo: boolean; maximum: number },
): Markup {
  const who = isVideo ? `person ${face.person}, frame ${face.frame}` : `face ${face.person}`;
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
      class="people"><tr><th>person</th><th class="number">score</th><th class="number">faces</th>
    <th class="number">first frame</th><th class="number">last frame</th></tr>
    ${people.map(({ person, score, faces }) =>
      html`
        <tr>
          <td>${person}</td>
          <td class="number">${score.toFixed(4)}</td>
          <td class="number">${faces.length}</td>
          <td class="number">${faces[0].frame}</td>
          <td class="number">${faces.at(-1)!.frame}</td>
        </tr>
      `
    )}</table>
  `;
}

/** An input: its score, its people, its pictures with boxes, and its faces with maps. */
export function inputPanel(
  input: ShownInput,
  { number, maximum }: { readonly number: number; readonly maximum: number },
): Markup {
  const { result, pictures, faces } = input, highest = verdict(result);
  const all = peopleOf(result).length;
  return html`
    <section class="panel" id="input${number}">
    <div class="head"><h3>${result.path}</h3><span class="score">${highest?.score.toFixed(4) ??
      "–"}</span></div>
    ${highest && bar(highest.score)}
    <p class="soft">${inputStatus(result)}</p>
    ${peopleTable(input)}
    <div class="frames${pictures.length === 1 ? " one" : ""}">
    ${pictures.map((picture) => pictureOf(input, picture))}</div>
    ${all > faces.length
      ? html`<p class="soft">Maps are shown of the ${faces.length} highest of ${all}.</p>`
      : undefined}
    ${faces.map((face) => faceOf(face, { isVideo: result.kind === "video", maximum }))}
    </section>
  `;
}
