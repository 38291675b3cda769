/**
 * From figures to SVG and PNG, by Plotly in a Chrome of our own. Which Chrome is left to chrome.ts,
 * files to save_figure.ts.
 */
import sharp from "sharp";
import { createRandom } from "lib/random.ts";
import { launchChrome } from "./chrome.ts";
import type { Plot } from "./figure.ts";

/** Draws figures until it is disposed of; then its Chrome is closed. */
export interface Exporter extends AsyncDisposable {
  /** Whether its Chrome still runs. */
  readonly isOpen: boolean;
  /** The figure as an SVG document of the layout's width and height, in UTF-8. */
  svg(plot: Plot): Promise<Uint8Array>;
  /** The figure as PNG. */
  png(plot: Plot, options?: PngOptions): Promise<Uint8Array>;
}

/** How a PNG is made. */
export interface PngOptions {
  /** Pixels for each CSS pixel. Default: 2. */
  readonly scale?: number;
  /**
   * At most so many colours are kept, 2 to 256: of 256 half the bytes of a chart, a third of photographs; of 16, which
   * are enough for lines and marks, a quarter. Default: all.
   */
  readonly colours?: number;
}

/** An attribute of an element, as a browser has it. */
interface PageAttribute {
  readonly name: string;
}

/** An element, as far as its attributes. */
interface PageElement {
  readonly attributes: Iterable<PageAttribute>;
  removeAttributeNode(attribute: PageAttribute): void;
  setAttributeNode(attribute: PageAttribute): void;
}

/** What the page has of Plotly and of the browser, as far as it is called. */
interface Page {
  readonly Plotly: { toImage(plot: object, options: object): Promise<string> };
  readonly DOMParser: new () => {
    parseFromString(text: string, type: string): {
      querySelectorAll(which: string): Iterable<PageElement>;
    };
  };
  readonly XMLSerializer: new () => { serializeToString(document: object): string };
}

/** Runs in the page. Plotly makes ids with Math.random: a fixed sequence keeps them the same. */
async function drawInPage(plot: Plot, format: "svg" | "png", scale: number, seed: number) {
  let state = seed;
  Math.random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator
    return state / 2 ** 32;
  };
  const { Plotly, DOMParser, XMLSerializer } = globalThis as unknown as Page;
  const { width, height } = plot.layout;
  const uri = await Plotly.toImage(plot, { format, width, height, scale });
  if (format === "png") return uri;
  // In which order attributes stand hangs on what the page has drawn before: here, by name.
  const text = decodeURIComponent(uri.slice(uri.indexOf(",") + 1));
  const drawing = new DOMParser().parseFromString(text, "image/svg+xml");
  for (const element of drawing.querySelectorAll("*")) {
    const attributes = [...element.attributes].sort((a, b) => a.name < b.name ? -1 : 1);
    for (const attribute of attributes) element.removeAttributeNode(attribute);
    for (const attribute of attributes) element.setAttributeNode(attribute);
  }
  return new XMLSerializer().serializeToString(drawing);
}

/** The bytes of an SVG document, or of a PNG as a data address. */
function bytesOf(drawn: string, format: "svg" | "png"): Uint8Array {
  return format === "svg"
    ? new TextEncoder().encode(drawn)
    : Uint8Array.fromBase64(drawn.slice(drawn.indexOf(",") + 1));
}

/**
 * Starts a Chrome with Plotly in it: one for any number of figures, which are drawn one after the
 * other. The same figure gives the same bytes with the same Chrome and fonts.
 *
 * @throws Error when no Chrome starts, as `launchChrome` does; from the methods, when Plotly refuses
 * the figure, with Plotly's message.
 *
 * @example
 * ```ts
 * import { openExporter } from "lib/figures/export_figure.ts";
 * import { baseLayout } from "lib/figures/chart_style.ts";
 *
 * await using exporter = await openExporter();
 * const svg = await exporter.svg({ data: [{ y: [1, 4, 9] }], layout: baseLayout({ size: "column" }) });
 * console.assert(new TextDecoder().decode(svg).startsWith("<svg"));
 * ```
 */
export async function openExporter(): Promise<Exporter> {
  const chrome = await launchChrome();
  try {
    const page = await chrome.newPage();
    // Beside Plotly's file, so that Chrome may read it: four times as fast as sending it over.
    const plotly = import.meta.resolve("plotly.js-dist");
    await page.goto(new URL("package.json", plotly).href);
    await page.setContent("<!doctype html><meta charset=utf-8>");
    await page.addScriptTag({ url: plotly });
    let last: Promise<unknown> = Promise.resolve();
    // The last PNG: a figure is often saved and shown, and that is one drawing.
    let latest: { of: string; png: Promise<Uint8Array> } | undefined;
    const draw = ({ data, layout }: Plot, format: "svg" | "png", scale: number) => {
      const content = JSON.stringify([data, layout]), of = `${scale} ${content}`;
      if (format === "png" && latest?.of === of) return latest.png;
      const seed = createRandom(0, content).integer(2 ** 32);
      const drawn = last.then(async () => {
        try {
          const drawn = await page.evaluate(drawInPage, { data, layout }, format, scale, seed);
          return bytesOf(drawn, format);
        } catch (cause) {
          throw new Error(`Plotly could not draw the figure: ${(cause as Error).message}`, {
            cause,
          });
        }
      });
      if (format === "png") latest = { of, png: drawn };
      last = drawn.catch(() => {}); // its caller has the error; the next figure still gets its turn
      return drawn;
    };
    return {
      get isOpen() {
        return chrome.connected;
      },
      svg: (plot) => draw(plot, "svg", 1),
      png: async (plot, { scale = 2, colours } = {}) => {
        const palette = colours !== undefined;
        const few = palette ? { palette, colours, dither: colours > 16 ? 1 : 0 } : {}; // no dots around few
        const picture = sharp(await draw(plot, "png", scale)).removeAlpha();
        // Chrome itself hardly compresses.
        return await picture.png({ compressionLevel: 9, adaptiveFiltering: !palette, ...few })
          .toBuffer();
      },
      [Symbol.asyncDispose]: () => chrome.close(),
    };
  } catch (error) {
    await chrome.close();
    throw error;
  }
}
