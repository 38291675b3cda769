/** Deno's Jupyter kernel, stood in for by a list of what it would send to the notebook. */

import { closeSharedExporter } from "lib/figures/shared_exporter.ts";

/** One message to the notebook. */
export interface Sent {
  /** What the message does. */
  kind: "display_data" | "update_display_data";
  /** Content by MIME type. */
  data: Record<string, unknown>;
  /** Sizes of pictures by MIME type. */
  metadata: Record<string, unknown>;
  /** Which place in the notebook it is for. */
  id: string;
}

/** What `work` sends to the notebook. The kernel ends with it, and so does its Chrome. */
export async function inKernel(work: () => Promise<void>): Promise<Sent[]> {
  const before = Deno;
  const put = (value: unknown) =>
    // Deno's own property is read only
    Object.defineProperty(globalThis, "Deno", { value, configurable: true, enumerable: false });
  const sent: Sent[] = [];
  const broadcast = (
    kind: Sent["kind"],
    { data, metadata, transient }: Omit<Sent, "kind" | "id"> & {
      transient: { display_id: string };
    },
  ) => Promise.resolve(void sent.push({ kind, data, metadata, id: transient.display_id }));
  put(Object.create(before, { jupyter: { value: { broadcast } } }));
  try {
    await work();
  } finally {
    await closeSharedExporter();
    put(before);
  }
  return sent;
}
