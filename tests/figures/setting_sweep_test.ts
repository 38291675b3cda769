import assert from "node:assert/strict";
import { settingSweep } from "lib/figures/setting_sweep.ts";

const row = (series: string, quantity: string, setting: number, value: number) => ({
  series,
  quantity,
  setting,
  value,
  low: value - 0.1,
  high: value + 0.2,
});

Deno.test("settingSweep draws a line for each series in a panel for each quantity, settings ascending", () => {
  const rows = ["A", "B"].flatMap((s) =>
    ["AUC", "loss"].flatMap((q) => [row(s, q, 10, 3), row(s, q, 0, 1), row(s, q, 0.3, 2)])
  );
  const { data, layout } = settingSweep(rows, { settingTitle: "weight" });
  assert.equal(data.length, 4);
  const first = data[0] as { x: number[]; y: number[]; error_y: { array: number[] } };
  const second = data[1] as { x: number[] };
  assert.deepEqual(first.x.map((x) => Math.abs(Math.round(x))), [0, 1, 2]);
  assert(second.x.every((x, i) => x > first.x[i])); // bars side by side
  assert.deepEqual(first.y, [1, 2, 3]);
  assert(first.error_y.array.every((above) => Math.abs(above - 0.2) < 1e-12));
  const named = data.filter((trace) => (trace as { showlegend: boolean }).showlegend);
  assert.equal(named.length, 2); // each series once in the legend
  assert.equal(layout.annotations!.length, 2);
  assert.deepEqual(layout.xaxis!.ticktext, ["0", "0.3", "10"]);
  assert.equal(layout.yaxis!.rangemode, "tozero");
  assert.equal(settingSweep(rows, { fromZero: false }).layout.yaxis!.rangemode, "normal");
});

Deno.test("settingSweep refuses a bar with one end", () => {
  const rows = [{ ...row("A", "AUC", 0, 1), high: null }];
  assert.throws(() => settingSweep(rows, {}), { name: "RangeError", message: /one end/ });
});
