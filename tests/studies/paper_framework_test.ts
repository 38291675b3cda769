/** The drawn framework is the detector's: its boxes by its parameters, its arrows by what feeds what. */
import assert from "node:assert/strict";
import { vary } from "lib/detectors/configuration.ts";
import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { flowDiagram } from "lib/figures/flow_diagram.ts";
import { paperFramework } from "lib/studies/paper_framework.ts";

Deno.test("paperFramework has a block, a feature and a leave-one-out head for each block", () => {
  for (const blocks of [2, 4, 7]) {
    const { detector } = vary(PAPER, { blocks }), rows = paperFramework(detector);
    const boxes = rows.filter(({ to }) => to === null).map(({ from }) => from);
    for (const name of ["f", "z", "P_Z∖z"]) {
      assert.equal(
        boxes.filter((box) => new RegExp(`^${name}\\d$`).test(box)).length,
        blocks,
        name,
      );
    }
    const label = (name: string) =>
      rows.find(({ from, to }) => from === name && to === null)!.label;
    assert.match(label("P_Z"), new RegExp(`${512 * blocks} → 2`));
    assert.match(label("P_Z∖z1"), new RegExp(`${512 * (blocks - 1)} → 2`));
    assert.match(label("f_g"), new RegExp(`${512 * blocks} → 512`));
    assert.ok(flowDiagram(rows, {}).altText.includes("P_Z to L_GIL"));
  }
});

Deno.test("paperFramework's losses hear of the predictions that their equations have", () => {
  const rows = paperFramework(PAPER.detector);
  const into = (loss: string) =>
    rows.filter(({ to }) => to === loss).map(({ from }) => from).sort();
  assert.deepEqual(into("L_GIL"), ["P_G", "P_Z"]); // Eq. 12
  assert.deepEqual(into("L_LIL"), ["P_Z", ...[1, 2, 3, 4].map((i) => `P_Z∖z${i}`)].sort()); // Eq. 8
  assert.deepEqual(into("L_CE"), ["P_G"]);
  assert.throws(() => paperFramework(vary(PAPER, { blocks: 1 }).detector), /two blocks or more/);
});
