/** How much of a training step waits for data, PAPER and QUICK: `loader_share.ts [precision] [batch] [steps]`. */
import { type Configuration, vary } from "lib/detectors/configuration.ts";
import { QUICK } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { startEngine } from "lib/engine/engine.ts";
import { writeCrops } from "lib/tasks/bench/data/bench_crops.ts";
import { measureWaiting } from "lib/tasks/bench/data/measure_loading.ts";
import { sayFigure, shortError } from "./figures.ts";
import { PAPER_IN_SIZE } from "./paper_in_size.ts";

const [chosen = "float32", batch = "8", count = "40"] = Deno.args;
const precision = chosen as Configuration["training"]["precision"];
const batchSize = Number(batch), steps = Number(count);
const { device } = await startEngine();
const folder = await Deno.makeTempDir({ prefix: "gpu-kit-" });
const files = await writeCrops(folder, { count: Math.max(320, 4 * batchSize), side: 224 });
const { signal } = new AbortController();
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
let failures = 0;
for (
  const [name, configuration] of Object.entries({
    PAPER: vary(PAPER_IN_SIZE, { precision, batchSize, epochs: 0, steps }),
    QUICK: vary(QUICK, { precision, steps }),
  })
) {
  const about = { device, name, precision, batchSize: configuration.data.batchSize };
  try {
    const { steps: all } = await measureWaiting(files, { name, configuration, signal });
    const taken = all.slice(Math.min(3, all.length - 1)); // the first wait for threads, and the capture
    const seconds = sum(taken.map((step) => step.seconds));
    const waited = sum(taken.map((step) => step.waited));
    sayFigure("loader_share", {
      ...about,
      steps: taken.length,
      stepMs: 1000 * seconds / taken.length,
      waitedMs: 1000 * waited / taken.length,
      share: waited / seconds,
    });
  } catch (error) {
    failures++;
    sayFigure("loader_share", { ...about, error: shortError(error) });
  }
}
await Deno.remove(folder, { recursive: true });
Deno.exit(failures === 0 ? 0 : 1);
