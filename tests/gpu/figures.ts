// deno-lint-ignore-file no-console -- what the GPU kit's programs print, check.sh collects
/** How the programs of the GPU kit say what they measured: a line of JSON each, after a mark. */

/** What `check.sh` looks for at the beginning of a line. */
const MARK = "FIGURE ";

/**
 * Says one figure.
 *
 * @param step Which program says it.
 * @param what Names with values; plain numbers, words and lists of them.
 */
export function sayFigure(step: string, what: Readonly<Record<string, unknown>>): void {
  console.log(MARK + JSON.stringify({ step, ...what }));
}

/** An error in a figure: its beginning, as TensorFlow's may have pages. */
export const shortError = (error: unknown): string => String(error).slice(0, 600);

/** Memory of the first GPU that is taken, by all processes, in MiB; null where there is no nvidia-smi. */
export function gpuMemory(): number | null {
  try {
    const { stdout } = new Deno.Command("nvidia-smi", {
      args: ["--query-gpu=memory.used", "--format=csv,noheader,nounits"],
    }).outputSync();
    return Number(new TextDecoder().decode(stdout).trim().split("\n")[0]);
  } catch {
    return null;
  }
}
