/**
 * Figures in a Jupyter notebook that runs on Deno's kernel, still or live. Outside the kernel nothing
 * is shown, so the same code runs as a script. Files are left to save_figure.ts.
 */
import sharp from "sharp";
import { WIDTHS } from "./chart_style.ts";
import type { Exporter } from "./export_figure.ts";
import type { Figure } from "./figure.ts";
import { inNotebook, type NotebookOutput, sendOutput } from "./notebook_output.ts";
import { withExporter } from "./shared_exporter.ts";

/** How a figure is shown. */
export interface ShowOptions {
  /** The figure in words. Default: its own words. */
  readonly altText?: string;
  /**
   * Whether a picture is sent beside Plotly's JSON: GitHub and exports show only that. Default: true.
   * The first costs about a second, those that follow soon a tenth.
   */
  readonly picture?: boolean;
  /** Whether Plotly's JSON is sent, for a figure to hover over and zoom. Default: true. */
  readonly interactive?: boolean;
  /** Colours of the picture, 2 to 256: 16 are enough for lines and marks, in half the bytes. Default: 256. */
  readonly colours?: number;
}

/** A figure in a notebook whose place stays while its content changes. */
export interface LiveFigure {
  /** Shows this figure in the place of the one before; returns once the kernel has sent it. */
  update(figure: Figure): Promise<void>;
  /** The last update: now with the picture, so that the saved notebook keeps one. */
  finish(figure: Figure, options?: ShowOptions): Promise<void>;
}

/**
 * Plotly's JSON is left out of a notebook when it is longer than this, in characters, as a notebook shall
 * stay under 300 kB. The picture is sent alone.
 */
const LONGEST_JSON = 100_000;

/** Pixels for each CSS pixel of a picture without a chart behind it: sharp, and half the bytes of two. */
const ALONE = 1.5;

/** A slider moves only where Plotly's JSON is there, however long, and whatever is drawn. */
const hasSlider = ({ layout }: Figure) => (layout.sliders?.length ?? 0) > 0;

/** The figure as PNG; one with photographs in it as JPEG, at a third of the bytes. */
async function picture(
  exporter: Exporter,
  figure: Figure,
  { scale, colours }: { scale: number; colours: number },
): Promise<Record<string, string>> {
  if (!figure.layout.images?.length || hasSlider(figure)) {
    return { "image/png": (await exporter.png(figure, { colours, scale })).toBase64() };
  }
  const png = await exporter.png(figure, { scale: 1.25 });
  const jpeg = await sharp(png).flatten({ background: "white" })
    .jpeg({ quality: 60, mozjpeg: true }).toBuffer();
  return { "image/jpeg": new Uint8Array(jpeg).toBase64() };
}

/** What a notebook gets of a figure: Plotly's JSON, a picture of the same size, words. */
async function outputOf(figure: Figure, options: ShowOptions): Promise<NotebookOutput> {
  const { data, layout } = figure;
  const words = { "text/plain": options.altText ?? figure.altText };
  const small = JSON.stringify({ data, layout }).length <= LONGEST_JSON;
  const plotly = { data, layout, config: { displaylogo: false, responsive: false } };
  const interactive = { "application/vnd.plotly.v1+json": plotly };
  if (options.picture === false) return { data: { ...interactive, ...words } };
  // Lab's Plotly renderer shows a PNG or nothing: a figure with photographs, a JPEG, goes alone.
  const hasPhotographs = (layout.images?.length ?? 0) > 0;
  const both = options.interactive !== false && (hasSlider(figure) || small && !hasPhotographs);
  try {
    // Lab's Plotly renderer shows the PNG until the mouse is over it, and reads its pixels' size, not
    // the metadata: only a PNG of one pixel for each CSS pixel is as large as the chart after it.
    const how = { scale: both ? 1 : ALONE, colours: options.colours ?? 256 };
    const pictures = await withExporter((exporter) => picture(exporter, figure, how));
    const size = { width: layout.width, height: layout.height };
    return {
      data: { ...(both ? interactive : {}), ...pictures, ...words },
      metadata: Object.fromEntries(Object.keys(pictures).map((type) => [type, size])),
    };
  } catch (error) {
    // A notebook without pictures is still a notebook; the reason stands where the words are.
    const reason = `${words["text/plain"]} (${(error as Error).message})`;
    return { data: { ...interactive, "text/plain": reason } };
  }
}

/**
 * Shows a figure below the cell: as Plotly where the viewer can, else as a picture, else in words.
 * Where no Chrome starts, the picture is left out and the words say why. Does nothing outside of
 * Deno's Jupyter kernel.
 *
 * @example
 * ```ts
 * import { trainingCurves } from "lib/figures/training_curves.ts";
 * import { show } from "lib/figures/show_figure.ts";
 *
 * await show(trainingCurves([{ run: "seed 1", term: "cross-entropy", step: 0, value: 0.69 }], {}));
 * ```
 */
export async function show(figure: Figure, options: ShowOptions = {}): Promise<void> {
  if (inNotebook()) await sendOutput(await outputOf(figure, options));
}

/**
 * A place below the cell for a figure that changes while work goes on. Updates send Plotly's JSON
 * only, as drawing a picture each time would slow the work down; `finish` adds the picture.
 *
 * @example
 * ```ts
 * import { trainingCurves } from "lib/figures/training_curves.ts";
 * import { showLive } from "lib/figures/show_figure.ts";
 *
 * const live = showLive();
 * const rows = [];
 * for (let step = 0; step < 3; step++) {
 *   rows.push({ run: "seed 1", term: "cross-entropy", step, value: 1 / (step + 1) });
 *   await live.update(trainingCurves(rows, {}));
 * }
 * await live.finish(trainingCurves(rows, {}));
 * ```
 */
export function showLive(): LiveFigure {
  const id = crypto.randomUUID();
  let shown = false;
  const put = async (figure: Figure, options: ShowOptions) => {
    if (!inNotebook()) return;
    const output = await outputOf(figure, options);
    // Lab's Plotly renderer never redraws a graph that it has drawn. Words in its place, for less than
    // a frame, make Lab begin a new one.
    const words = { "text/plain": output.data["text/plain"] };
    if (shown) await sendOutput({ data: words }, { id, update: true });
    await sendOutput(output, { id, update: shown });
    shown = true;
  };
  return {
    update: (figure) => put(figure, { picture: false }),
    finish: (figure, options = {}) => put(figure, options),
  };
}

/**
 * Shows a picture below the cell, such as a photograph or a contact sheet: a pixel for each CSS pixel, or
 * more where it is wider than a figure of a page, so that nothing is cut off. Does nothing outside of
 * Deno's Jupyter kernel.
 *
 * @param uri The picture as `data:image/…;base64,…`; it is stored in the notebook, so keep it small.
 * @param altText The picture in words.
 * @throws TypeError for anything but such a URI; Error from sharp for bytes that are no picture.
 */
export async function showPicture(uri: string, altText: string): Promise<void> {
  const [, type, base64] = /^data:(image\/\w+);base64,(.+)$/s.exec(uri) ?? [];
  if (!type) {
    throw new TypeError(`A picture is given as data:image/…;base64,…, not ${uri.slice(0, 40)}.`);
  }
  if (!inNotebook()) return;
  const { width, height } = await sharp(Uint8Array.fromBase64(base64!)).metadata();
  const shown = Math.min(width, WIDTHS.page);
  await sendOutput({
    data: { [type]: base64, "text/plain": altText },
    metadata: { [type]: { width: shown, height: Math.round(shown * height / width) } },
  });
}
