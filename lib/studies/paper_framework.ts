/**
 * The paper's framework (its Fig. 2) as rows of `flowDiagram`, read off a detector: how many blocks, which
 * backbone, and how long each feature is, are those of its parameters. Drawn anew, not copied.
 */
import type { Detector } from "lib/detectors/detector.ts";
import type { ExposingSettings } from "lib/detectors/exposing_the_deception/exposing_settings.ts";
import type { FlowRow } from "lib/figures/flow_diagram.ts";

/** The kinds of boxes, in the order of the legend. */
const KINDS = {
  network: "networks",
  feature: "features",
  head: "heads (predictions)",
  loss: "losses",
} as const;

const NAMES: Readonly<Record<string, string>> = {
  resnet34: "ResNet-34",
  mobilenetV1: "MobileNet-V1",
  efficientnetB0: "EfficientNet-B0",
};

const box = (
  from: string,
  label: string,
  kind: string,
  [left, right, top, bottom]: readonly [number, number, number, number],
): FlowRow => ({ from, to: null, label, kind, left, right, top, bottom });

const arrow = (from: string, to: string, label = ""): FlowRow => ({
  ...{ from, to, label, kind: "", left: null, right: null, top: null, bottom: null },
});

/**
 * Boxes and arrows from a face to the three losses. Cross-entropy stands at the head that gives the score; the
 * official code asks it of the other heads as well.
 *
 * @param detector With two blocks or more: one has no local information loss.
 * @throws RangeError for one block.
 *
 * @example
 * ```ts
 * import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { flowDiagram } from "lib/figures/flow_diagram.ts";
 * import { paperFramework } from "lib/studies/paper_framework.ts";
 * import assert from "node:assert/strict";
 *
 * const rows = paperFramework(PAPER.detector);
 * assert.match(rows.find(({ from }) => from === "P_Z")!.label, /2048 → 2/);
 * const figure = flowDiagram(rows, { title: "The framework" });
 * ```
 */
export function paperFramework(
  detector: Pick<Detector<ExposingSettings>, "settings" | "parameters" | "input">,
): FlowRow[] {
  const { blocks, backbone, view } = detector.settings;
  if (blocks < 2) throw new RangeError("The framework is of two blocks or more, not of one.");
  const sizes = (name: string) => {
    const { shape } = detector.parameters.find((p) => p.name === `${name}.weight`)!;
    return { inputs: shape[0]!, outputs: shape[1]! };
  };
  const all = sizes("baseline_linear"), but = sizes("local_linear1"), global = sizes("linear.1");
  const lanes = Array.from({ length: blocks }, (_, i) => i);
  const sub = (i: number) => `<sub>${i + 1}</sub>`, last = blocks;
  const without = (i: number) => `P<sub>Z∖z${i + 1}</sub>`;
  return [
    box(
      "face",
      `face<br>${detector.input.size}²${view === "tiles" ? "<br>in tiles" : ""}`,
      "",
      [0, 0.095, 0, blocks],
    ),
    ...lanes.flatMap((i) => [
      box(`f${i + 1}`, `f${sub(i)}<br>${NAMES[backbone] ?? backbone}`, KINDS.network, [
        0.155,
        0.3,
        i,
        i + 1,
      ]),
      box(`z${i + 1}`, `z${sub(i)}<br>${global.inputs}`, KINDS.feature, [0.355, 0.43, i, i + 1]),
    ]),
    box(
      "Z",
      `Z<br>=<br>z<sub>1</sub><br>⊕ … ⊕<br>z<sub>${blocks}</sub><br><br>${all.inputs}`,
      KINDS.feature,
      [0.485, 0.565, 0, last + 1],
    ),
    ...lanes.map((i) =>
      box(
        `P_Z∖z${i + 1}`,
        `${without(i)}: all but z${sub(i)}<br>${but.inputs} → ${but.outputs}`,
        KINDS.head,
        [0.625, 0.805, i, i + 1],
      )
    ),
    box("P_Z", `P<sub>Z</sub>: all<br>${all.inputs} → ${all.outputs}`, KINDS.head, [
      0.625,
      0.805,
      last,
      last + 1,
    ]),
    box(
      "f_g",
      `fusion f<sub>g</sub><br>${all.inputs} → ${sizes("bottleneck.model.8").outputs}`,
      KINDS.network,
      [0.4, 0.565, last + 1.35, last + 2.35],
    ),
    box("G", `G<br>${global.inputs}`, KINDS.feature, [0.61, 0.67, last + 1.35, last + 2.35]),
    box(
      "P_G",
      `P<sub>G</sub>: score<br>${global.inputs} → ${global.outputs}`,
      KINDS.head,
      [0.71, 0.83, last + 1.35, last + 2.35],
    ),
    box(
      "L_LIL",
      "L<sub>LIL</sub><br>exp(−Σ D<sub>KL</sub>)<br>Eq. 8: each<br>z<sub>i</sub> shall<br>be missed",
      KINDS.loss,
      [0.87, 1, 0, last],
    ),
    box("L_GIL", "L<sub>GIL</sub>, Eq. 12", KINDS.loss, [0.87, 1, last, last + 1]),
    box("L_CE", "L<sub>CE</sub>, Eq. 13", KINDS.loss, [0.87, 1, last + 1.35, last + 2.35]),
    ...lanes.flatMap((i) => [
      arrow("face", `f${i + 1}`),
      arrow(`f${i + 1}`, `z${i + 1}`),
      arrow(`z${i + 1}`, "Z"),
      arrow("Z", `P_Z∖z${i + 1}`),
      arrow(`P_Z∖z${i + 1}`, "L_LIL"),
    ]),
    arrow("Z", "P_Z"),
    arrow("Z", "f_g"),
    arrow("f_g", "G"),
    arrow("G", "P_G"),
    arrow("P_Z", "L_LIL"),
    arrow("P_Z", "L_GIL"),
    arrow("P_G", "L_GIL"),
    arrow("P_G", "L_CE"),
  ];
}
