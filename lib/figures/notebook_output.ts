/**
 * What stands below a notebook's cell, sent to Deno's Jupyter kernel: the one way from here to a
 * notebook. What is sent is left to show_figure.ts and show_rows.ts.
 */

/** One output in several forms; a viewer takes the best that it can show. */
export interface NotebookOutput {
  /** The content by MIME type: JSON for a JSON type, base64 for a picture, else text. */
  readonly data: Readonly<Record<string, unknown>> & { readonly "text/plain": string };
  /** Width and height of pictures in CSS pixels by MIME type, as Jupyter's metadata has it. */
  readonly metadata?: Readonly<Record<string, { readonly width: number; readonly height: number }>>;
}

/** The kernel sends what was displayed a little later than it says; a cell that ends at once loses it. */
const SENDING_MILLISECONDS = 20;

/** The kernel's way to the notebook, or nothing outside of it, where even asking throws. */
function kernelBroadcast(): typeof Deno.jupyter.broadcast | undefined {
  try {
    return Deno.jupyter.broadcast;
  } catch {
    return undefined;
  }
}

/** Whether this runs in Deno's Jupyter kernel. */
export function inNotebook(): boolean {
  return kernelBroadcast() !== undefined;
}

/**
 * Sends an output; returns once the kernel has sent it. Does nothing outside of Deno's Jupyter kernel.
 *
 * @param output The content. `Deno.jupyter.display` would leave its metadata out.
 * @param place `id` names the place below the cell, `update` says whether something stands there that
 * this replaces. Default: a new place.
 */
export async function sendOutput(
  { data, metadata = {} }: NotebookOutput,
  place: { readonly id: string; readonly update: boolean } = {
    id: crypto.randomUUID(),
    update: false,
  },
): Promise<void> {
  const broadcast = kernelBroadcast();
  if (!broadcast) return;
  const kind = place.update ? "update_display_data" : "display_data";
  await broadcast(kind, { data, metadata, transient: { display_id: place.id } });
  await new Promise((resolve) => setTimeout(resolve, SENDING_MILLISECONDS));
}
