/** Forges on the command line: what is said before, while and after. */
import { join, resolve } from "node:path";
import { LABEL_LEGEND } from "lib/data/manifest.ts";
import { Forging } from "lib/forgeries/forge.ts";
import type { ForgeSummary } from "lib/forgeries/forge/forge_outcome.ts";
import { withProgress } from "lib/io/progress.ts";
import type { TaskSurroundings } from "../in_task.ts";
import { afterManifest } from "../next_step.ts";
import type { ForgeOptions } from "./forge_options.ts";

/**
 * Forges what the options say.
 *
 * @returns The exit code: 1 when something could not be read, or nothing could be made.
 * @throws RangeError for an input or a folder that will not do; Error when something cannot be written; the
 * signal's reason when it aborts.
 */
export async function forge(
  { input, out, settings, atOnce }: ForgeOptions,
  { signal, say }: TaskSurroundings,
): Promise<number> {
  const folder = resolve(out);
  await using forging = await Forging.open(resolve(input), { folder, settings });
  say(`Fakes of ${resolve(input)} by ${settings.kinds.join(", ")}; ${LABEL_LEGEND}.`);
  const unreadable = await findFaces(forging, { signal, say });
  const { faces } = await forging.faces(), done = await forging.countDone();
  const kept = done > 0 ? `, ${done} kept from before` : "";
  say(`${faces.length} real faces${kept}; pairs go to ${folder}.`);
  const run = forging.run({ signal, ...(atOnce === undefined ? {} : { atOnce }) });
  for await (const _ of withProgress(run, { name: "forge", total: faces.length - done }));
  const summary = await forging.join();
  say(summaryText(summary, folder));
  return sayEnd(summary, { folder, say, unreadable });
}

/** Finds the faces in photographs; returns how many photographs could not be read. */
async function findFaces(
  forging: Forging,
  { signal, say }: Pick<TaskSurroundings, "signal" | "say">,
): Promise<number> {
  const survey = await forging.survey();
  if (survey === undefined) return 0;
  const { units, done } = survey, kept = done > 0 ? `, ${done} looked at before` : "";
  say(`${units} photographs${kept}.`);
  let unreadable = 0;
  const found = withProgress(forging.find({ signal }), { name: "faces", total: units - done });
  for await (const { failed, video } of found) {
    if (!failed) continue;
    unreadable++;
    say(`\nCannot be read, see report.csv: ${JSON.stringify(video)}`);
  }
  return unreadable;
}

/** The lines that count. */
function summaryText(summary: ForgeSummary, folder: string): string {
  const { faces, people, pairs, kinds, refused, counts } = summary;
  const each = Object.entries(kinds).map(([kind, n]) => `${n} ${kind}`).join(", ");
  const splits = Object.entries(counts)
    .map(([split, { real, fake }]) => `${split} ${real} real and ${fake} fake`).join("; ");
  return [
    `${pairs} pairs (${each || "none"}) of ${faces} faces of ${people} people` +
    (pairs > 0 ? `: ${join(folder, "manifest.csv")}` : ""),
    splits,
    `not made: ${refused}. Each, and every photograph without a usable face, is in ` +
    join(folder, "report.csv"),
  ].join("\n");
}

/** Says what went wrong and, last, what to do next; returns the exit code. */
function sayEnd(
  { pairs, faces, unreadable: faulty, counts }: ForgeSummary,
  { folder, say, unreadable }: {
    folder: string;
    say: (line: string) => void;
    unreadable: number;
  },
): number {
  const report = join(folder, "report.csv");
  if (unreadable > 0) {
    say(`${unreadable} photographs could not be read. Mended, the same command takes them in.`);
  }
  if (faulty > 0) say(`For ${faulty} faces a picture could not be read. report.csv says why.`);
  if (pairs === 0) {
    say(
      faces === 0
        ? `Not a single usable face was found. Next: look into ${report}.`
        : `Nothing could be made. Next: look into ${report}; a donor is another person of the same split, ` +
          "so that each split needs two people.",
    );
    return 1;
  }
  say(`Look at ${join(folder, "contact_sheet.png")} before you train on them.`);
  say(afterManifest(join(folder, "manifest.csv"), { counts, description: { reader: "csv" } }));
  return unreadable + faulty === 0 ? 0 : 1;
}
