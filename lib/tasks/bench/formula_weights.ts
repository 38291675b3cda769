/**
 * Weights and images that both sides of the bench can make for themselves: a hash of a name and an
 * index, the formula of the numeric fixtures. torch_model.py has the same.
 */
import * as tf from "@tensorflow/tfjs";
import { handOver } from "lib/engine/hand_over.ts";
import type { Parameters } from "lib/networks/parameters.ts";
import { fromTorchLayout, torchShape } from "lib/networks/weights/torch_layout.ts";

/** What counts steps, or places in a queue; torch_model.py has the same. */
const COUNTER = /(^|[._])(batches|pointer)$/;

/** Writes the formula's numbers into every parameter; counters say 1, those of batch norm stay as they are. */
export function fillParameters(parameters: Parameters): void {
  for (const [name, variable] of Object.entries(parameters)) {
    if (name.endsWith("num_batches_tracked")) continue;
    if (COUNTER.test(name)) {
      tf.tidy(() => variable.assign(tf.onesLike(variable)));
      continue;
    }
    const shape = torchShape(variable.shape);
    const values = formula(name, variable.size, amplitude(name, shape));
    const here = fromTorchLayout({ shape, values });
    values.buffer.transfer(0); // freed now: one layer's numbers in JavaScript at a time
    tf.tidy(() => variable.assign(handOver(here.values, variable.shape)));
  }
}

/** Images `[batch, size, size, 3]`: noise around an offset for each channel, within −2 and 2. */
export function formulaImages(name: string, batch: number, size: number): tf.Tensor4D {
  const noise = formula(name, batch * 3 * size * size, { scale: 1, offset: 0 });
  const offsets = formula(`${name}.offset`, batch * 3, { scale: 1, offset: 0 });
  const planes = noise.map((v, i) => v + offsets[Math.floor(i / (size * size))]!);
  return tf.tidy(() => tf.transpose(tf.tensor4d(planes, [batch, 3, size, size]), [0, 2, 3, 1]));
}

/** Masks `[batch, size, size, 1]` between 0 and 1. */
export function formulaMasks(name: string, batch: number, size: number): tf.Tensor4D {
  const values = formula(name, batch * size * size, { scale: 0.5, offset: 0.5 });
  return tf.tensor4d(values, [batch, size, size, 1]);
}

/** How far a parameter's numbers spread, and around what; `shape` is PyTorch's. */
function amplitude(name: string, shape: readonly number[]): { scale: number; offset: number } {
  if (shape.length > 1) {
    return { scale: Math.sqrt(3 / shape.slice(1).reduce((a, b) => a * b, 1)), offset: 0 };
  }
  if (name.endsWith("running_var")) return { scale: 0.5, offset: 1 };
  if (name.endsWith("weight")) return { scale: 0.25, offset: 1 };
  return { scale: 0.1, offset: 0 };
}

function formula(
  name: string,
  count: number,
  { scale, offset }: { scale: number; offset: number },
): Float32Array<ArrayBuffer> {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  const factor = Math.fround(scale);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let h = seed + Math.imul(i, 0x9e3779b9) | 0;
    h = Math.imul(h ^ h >>> 16, 0x7feb352d);
    h = Math.imul(h ^ h >>> 15, 0x846ca68b);
    h ^= h >>> 16;
    values[i] = offset + Math.fround(((h >>> 8) - 2 ** 23) / 2 ** 23 * factor);
  }
  return values;
}
