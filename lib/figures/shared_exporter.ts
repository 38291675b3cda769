/**
 * The exporter that draws a figure: in a notebook one for all cells, as starting a Chrome takes longer than
 * drawing in it; elsewhere one for each piece of work.
 */
import { type Exporter, openExporter } from "./export_figure.ts";
import { inNotebook } from "./notebook_output.ts";

/** How long a notebook's Chrome waits for another figure: it takes memory that training could use. */
const IDLE_MILLISECONDS = 10_000;

let shared: Promise<Exporter> | undefined;
let users = 0;
let closing: ReturnType<typeof setTimeout> | undefined;

/** The notebook's exporter; another one where its Chrome did not start or has ended, as at an interrupt. */
async function openShared(): Promise<Exporter> {
  const present = shared;
  if (present && await present.then(({ isOpen }) => isOpen, () => false)) return await present;
  if (shared === present) shared = openExporter(); // else another figure came first
  return await shared!;
}

/**
 * Draws with an exporter that is closed afterwards: at once outside of a notebook, in a notebook when no
 * figure was drawn for ten seconds.
 *
 * @throws Error as `openExporter`, and as the work does.
 */
export async function withExporter<T>(work: (exporter: Exporter) => Promise<T>): Promise<T> {
  if (!inNotebook()) {
    await using exporter = await openExporter();
    return await work(exporter);
  }
  clearTimeout(closing);
  users++;
  try {
    return await work(await openShared());
  } finally {
    users--;
    if (users === 0) {
      const timer = setTimeout(closeSharedExporter, IDLE_MILLISECONDS);
      closing = timer;
      Deno.unrefTimer(timer); // a Chrome that nobody uses keeps no program from ending
    }
  }
}

/** Closes a notebook's Chrome before its time; the next figure starts another. */
export async function closeSharedExporter(): Promise<void> {
  clearTimeout(closing);
  const present = shared;
  shared = undefined;
  await present?.then((exporter) => exporter[Symbol.asyncDispose](), () => {}); // or it never started
}
