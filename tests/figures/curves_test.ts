import assert from "node:assert/strict";
import { curves } from "lib/figures/curves.ts";

const row = (panel: string, series: string, x: number, value: number | null) => ({
  panel,
  series,
  x,
  value,
});

Deno.test("curves draws each series in each panel in order of x, and names it once", () => {
  const rows = ["loss", "gradient"].flatMap((panel) =>
    ["paper", "official"].flatMap((series) => [
      row(panel, series, 2, 4),
      row(panel, series, -1, 1),
      row(panel, series, 0, null),
    ])
  );
  const { data, layout } = curves(rows, { xTitle: "logit", range: [0, 5] });
  assert.equal(data.length, 4);
  const first = data[0] as { x: number[]; y: (number | null)[] };
  assert.deepEqual(first.x, [-1, 0, 2]);
  assert.deepEqual(first.y, [1, null, 4]);
  const named = data.filter((trace) => (trace as { showlegend: boolean }).showlegend);
  assert.equal(named.length, 2);
  assert.deepEqual(layout.annotations!.map((a) => a.text), ["<b>loss</b>", "<b>gradient</b>"]);
  assert.deepEqual(layout.yaxis!.range, [0, 5]);
});
