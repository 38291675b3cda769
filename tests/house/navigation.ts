/** The line that leads from notebook to notebook. */

/** "01b_local_loss.ipynb" as "01b local loss". */
export const titleOf = (name: string): string => name.replace(/\.ipynb$/, "").replaceAll("_", " ");

const MAP = "00_start_here.ipynb";

/**
 * The line that a notebook has at both ends: the one before, the map, the one after, in the order of the files.
 *
 * @param names All notebooks' files in their order.
 */
export function navigationLine(names: readonly string[], name: string): string {
  const at = names.indexOf(name), [before, after] = [names[at - 1], names[at + 1]];
  return [
    ...before === undefined ? [] : [`[← ${titleOf(before)}](${before})`],
    `[map](${name === MAP ? "" : MAP}#The-map)`,
    ...after === undefined ? [] : [`[${titleOf(after)} →](${after})`],
  ].join(" · ");
}
