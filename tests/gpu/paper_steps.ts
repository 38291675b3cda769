/**
 * Training steps of the PAPER preset, with augmentation and mixup, in each precision and at each batch size:
 * `paper_steps.ts float32,float16,bfloat16 8,32 [steps] [blocks] [augmentation] [lossScaling]`. With
 * GPU_KIT_DETERMINISTIC=1 the engine is told to give the same bits each time.
 */
import { type Configuration, vary } from "lib/detectors/configuration.ts";
import { startEngine } from "lib/engine/engine.ts";
import { gpuMemory, sayFigure, shortError } from "./figures.ts";
import { measureSteps } from "./measured_steps.ts";
import { PAPER_IN_SIZE } from "./paper_in_size.ts";

type Precision = Configuration["training"]["precision"];

const [precisions = "float32", batches = "8", count = "20", blocks = "4", ...more] = Deno.args;
const [augmentation = "all", lossScaling = "auto"] = more;
const { device, deterministic } = await startEngine({
  deterministic: Deno.env.get("GPU_KIT_DETERMINISTIC") === "1",
});
let failures = 0;
for (const batchSize of batches.split(",").map(Number)) {
  for (const precision of precisions.split(",") as Precision[]) {
    const { imageSize, width } = PAPER_IN_SIZE.detector.settings;
    const about = {
      device,
      precision,
      imageSize,
      width,
      batchSize,
      blocks: Number(blocks),
      augmentation,
      lossScaling,
      deterministic,
    };
    try {
      const configuration = vary(PAPER_IN_SIZE, {
        precision,
        batchSize,
        blocks: Number(blocks),
        augmentation: augmentation as "all" | "none",
        lossScaling: lossScaling as "auto" | "dynamic" | "none",
      });
      sayFigure("paper_steps", { ...about, ...await measureSteps(configuration, Number(count)) });
    } catch (error) {
      if (!(error instanceof RangeError)) failures++; // a precision that the device has not is refused
      sayFigure("paper_steps", { ...about, error: shortError(error), gpuMemoryMiB: gpuMemory() });
    }
  }
}
Deno.exit(failures === 0 ? 0 : 1);
