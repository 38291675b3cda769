/**
 * Training steps of every detector in the register but the paper's, which have operations of their own (JPEG
 * round trip, Fourier transform, resizing, dilation): `detector_steps.ts [precisions] [batch] [steps] [preset]`.
 */
import { type Configuration, presetOf, vary } from "lib/detectors/configuration.ts";
import { DETECTORS } from "lib/detectors/register.ts";
import { startEngine } from "lib/engine/engine.ts";
import { gpuMemory, sayFigure, shortError } from "./figures.ts";
import { measureSteps } from "./measured_steps.ts";

type Precision = Configuration["training"]["precision"];

const [precisions = "float32", batch = "8", count = "3", preset] = Deno.args;
const { device } = await startEngine();
let failures = 0;
for (const kind of DETECTORS.slice(1)) {
  const chosen = preset ?? Object.keys(kind.presets)[0]!;
  for (const precision of precisions.split(",") as Precision[]) {
    const about = { device, detector: kind.name, preset: chosen, precision };
    try {
      const configuration = vary(presetOf(kind, chosen), { batchSize: Number(batch), precision });
      const { input: { size } } = configuration.detector;
      sayFigure("detector_steps", {
        ...about,
        size,
        ...await measureSteps(configuration, Number(count)),
      });
    } catch (error) {
      if (!(error instanceof RangeError)) failures++; // a precision that the device has not is refused
      sayFigure("detector_steps", {
        ...about,
        error: shortError(error),
        gpuMemoryMiB: gpuMemory(),
      });
    }
  }
}
Deno.exit(failures === 0 ? 0 : 1);
