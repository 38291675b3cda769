/**
 * Where each figure, table and number of the paper stands in the kit: the one list that notebook 00 and the
 * README show. A test opens every link and every command.
 */

/** One figure, table or number of the paper. */
export interface PaperPlace {
  /** What the paper calls it, or the number as it is printed. */
  readonly item: string;
  /** What it is about. */
  readonly about: string;
  /** Where it is: the notebook's file and a heading in it; the first is the place to begin. */
  readonly places: readonly (readonly [notebook: string, heading: string])[];
  /** What the kit cannot bring along; "nothing" where it brings all. "Ours" are numbers that stand beside the paper's. */
  readonly needs: string;
  /** The command that makes it, without the program's name. */
  readonly command: string;
}

const FF = "ours: FF++", BOTH = "ours: FF++, Celeb-DF v2", FIVE = "ours: all five benchmarks";
const IB = "01_information_bottleneck.ipynb", MODEL = "04_model.ipynb";
const ABLATIONS = "06_ablations.ipynb", MAPS = "07_grad_cam.ipynb", TABLES = "08_benchmarks.ipynb";
const WILD = "10_in_the_wild.ipynb";
const THE_TABLES = [TABLES, "The tables"] as const;

/** Figures, then tables, then numbers of the text, each in the paper's order. */
export const PAPER_INDEX: readonly PaperPlace[] = [
  {
    item: "Figure 1",
    about: "what four blocks look at",
    places: [["00_start_here.ipynb", "Where the blocks look"], [MAPS, "Your own picture"]],
    needs: "nothing",
    command: "start",
  },
  {
    item: "Figure 2",
    about: "the framework",
    places: [[MODEL, "The framework"]],
    needs: "nothing",
    command: "notebooks 04",
  },
  {
    item: "Figures 3, 6",
    about: "information diagrams",
    places: [[IB, "Figures 3 and 6"]],
    needs: "nothing",
    command: "notebooks 01",
  },
  {
    item: "Figures 4, 7",
    about: "maps of blocks and other detectors",
    places: [[MAPS, "Figs. 4 and 7, column by column"]],
    needs: "nothing; on FF++: a run",
    command: "notebooks 07",
  },
  {
    item: "Figure 5",
    about: "how many blocks",
    places: [[ABLATIONS, "How many blocks"]],
    needs: "nothing; on FF++: runs",
    command: "study",
  },
  {
    item: "Tables 1, 2, 3",
    about: "in and across data sets, by video",
    places: [THE_TABLES],
    needs: FIVE,
    command: "train --tables all --data MANIFEST",
  },
  {
    item: "Table 4",
    about: "without one information loss, or both",
    places: [THE_TABLES, [ABLATIONS, "What each change does"]],
    needs: BOTH,
    command: "train --tables ff_neither,ff_resnet34 --data MANIFEST",
  },
  {
    item: "Table 5",
    about: "backbones",
    places: [THE_TABLES, [ABLATIONS, "Other backbones"]],
    needs: BOTH,
    command: "train --tables ff_mobilenet,ff_efficientnet --data MANIFEST",
  },
  {
    item: "Table 6",
    about: "robustness to distortion",
    places: [THE_TABLES, ["09_robustness.ipynb", "Table 6, beside ours"]],
    needs: FF,
    command: "prepare data/faceforensics.yaml --distort CC:3 --out faces/ff-CC3",
  },
  {
    item: "Table 7",
    about: "parameters, MACs, FLOPs, time",
    places: [[MODEL, "Table 7"]],
    needs: "nothing; its AUCs: FF++",
    command: "notebooks 04",
  },
  {
    item: "Equations 1 to 23",
    about: "the derivation and its proof",
    places: [[IB, "The verdicts"]],
    needs: "nothing",
    command: "notebooks 01",
  },
  {
    item: "0.959, 0.798",
    about: "AUC of cropping evenly",
    places: [[MODEL, "Cropping evenly"]],
    needs: BOTH,
    command: "train --preset paper --set view=tiles --data MANIFEST",
  },
  {
    item: "0.728, 0.579",
    about: "AUC on 24 videos from YouTube",
    places: [[WILD, "What can 24 videos say?"]],
    needs: "the 24 videos: not named",
    command: "predict clip.mp4 --weights RUN --report report",
  },
  {
    item: "0.818, 0.857",
    about: "AUC on Celeb-DF in the text",
    places: [[TABLES, "What the paper's numbers say among themselves"]],
    needs: FIVE,
    command: "notebooks 08",
  },
];

/** The end of a link to a heading, as JupyterLab makes it: the heading's text with hyphens for spaces. */
export function headingAnchor(heading: string): string {
  return encodeURI(heading.replaceAll(" ", "-"));
}

/**
 * The list as the lines of a table in Markdown.
 *
 * @param folder The notebooks' folder as seen from the page, such as `"notebooks/"`.
 *
 * @example
 * ```ts
 * import { paperIndexLines } from "lib/studies/paper_places.ts";
 * import assert from "node:assert/strict";
 *
 * const [heading, , first] = paperIndexLines("notebooks/");
 * assert.match(heading, /^\| In the paper/);
 * assert.match(first, /\(notebooks\/00_start_here\.ipynb#Where-the-blocks-look\)/);
 * ```
 */
export function paperIndexLines(folder: string): string[] {
  const cells = PAPER_INDEX.map(({ item, about, places, needs, command }) => {
    const links = places.map(([notebook, heading]) =>
      `[${notebook.slice(0, 2)} ${heading}](${folder}${notebook}#${headingAnchor(heading)})`
    );
    return [`**${item}** ${about}`, links.join(", "), needs, `\`${command}\``];
  });
  const heading = ["In the paper", "Where", "Needs", "Command (`deno task …`)"];
  return [heading, heading.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`);
}
