/**
 * A model's parameters into and out of a file that PyTorch reads and writes: names, axes and
 * counters as in its state dict. Reading of the file itself is in `state_dict_file.ts`, writing in
 * `safetensors.ts`.
 */
import { handOver } from "lib/engine/hand_over.ts";
import { UnfitFile } from "lib/io/unfit_file.ts";
import * as tf from "@tensorflow/tfjs";
import type { Parameters } from "../parameters.ts";
import { float32Values, type StoredTensor, storeFloat32, type TensorFile } from "./safetensors.ts";
import { fromTorchLayout, torchShape, toTorchLayout } from "./torch_layout.ts";
import { wrapperPrefix } from "./wrapper_prefix.ts";

/** PyTorch's batch norm counts its batches; the count does not enter any result. */
const COUNTER = "num_batches_tracked";

/** How a file's arrays and a model's parameters fit, by name. */
export interface LoadReport {
  /** Written into the model. */
  readonly loaded: string[];
  /** In the model and not in the file. */
  readonly missing: string[];
  /** In the file and not in the model. */
  readonly unexpected: string[];
  /** In both, with shapes that differ, such as `linear.1.weight [2,512], file [1000,512]`. */
  readonly misshapen: string[];
  /** Passed over as `skip` asked, by their whole names in the file. */
  readonly skipped: string[];
}

/** How strict reading is. */
export interface LoadOptions {
  /**
   * Whether to load what fits and leave the rest of the model as it is. Default: file and model must
   * fit each other in full.
   */
  readonly partial?: boolean;
  /**
   * How names begin that the file has and the model does without, such as `["fc."]` for the classifier
   * of a published backbone. They are passed over, and all else must still fit. Default: none.
   */
  readonly skip?: readonly string[];
  /**
   * Whether the file is not read again: the memory of each array is freed as soon as it is in the model, so that
   * the weights are held once. Default false.
   */
  readonly takesOver?: boolean;
}

/**
 * The parameters whose names begin with a prefix, under names without it: the same variables, so that
 * a backbone's published weights can be read into one block of a detector.
 *
 * @throws RangeError when no name begins so.
 */
export function parametersUnder(prefix: string, parameters: Parameters): Parameters {
  const under = Object.entries(parameters).filter(([name]) => name.startsWith(prefix));
  if (under.length === 0) throw new RangeError(`No parameter has a name that begins "${prefix}".`);
  return Object.fromEntries(under.map(([name, v]) => [name.slice(prefix.length), v]));
}

/**
 * Gives a model the weights of a file in PyTorch's layout. What wrappers put before all names
 * (`module.`, `_orig_mod.`, `model.`) and the counters of batch norm are passed over. All is checked
 * before the first variable is changed.
 *
 * Weights of the official code expect blue, green, red: see `normaliseImages`.
 *
 * @returns What was loaded and, with `partial`, what was not.
 * @throws TypeError when model and file do not fit, with every name that differs; with `partial`, when
 * nothing fits; when the file has nothing that begins as `skip` says.
 * @throws RangeError when arrays that would be loaded hold NaN or an infinity, with every name.
 *
 * @example A published backbone without its classifier, into one block of a detector
 * ```ts
 * import { loadParameters, parametersUnder, storeParameters } from "lib/networks/weights/state_dict.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import assert from "node:assert/strict";
 *
 * const published = { "conv1.weight": tf.variable(tf.ones([3, 3, 1, 2])), "fc.bias": tf.variable(tf.ones([9])) };
 * const file = await storeParameters(published); // or readStateDict("resnet34.pth")
 * assert.deepEqual(file.tensors.get("conv1.weight")?.shape, [2, 1, 3, 3]);
 *
 * const detector = {
 *   "region_model1.conv1.weight": tf.variable(tf.zeros([3, 3, 1, 2])),
 *   "linear.1.bias": tf.variable(tf.zeros([2])),
 * };
 * const block = parametersUnder("region_model1.", detector);
 * assert.throws(() => loadParameters(block, file), /unexpected: fc.bias/);
 * assert.deepEqual(loadParameters(block, file, { skip: ["fc."] }).loaded, ["conv1.weight"]);
 * assert.equal(detector["region_model1.conv1.weight"].dataSync()[0], 1);
 * ```
 */
export function loadParameters(
  parameters: Parameters,
  file: TensorFile,
  { partial = false, skip = [], takesOver = false }: LoadOptions = {},
): LoadReport {
  const { arrays, skipped } = arraysByName(file, { skip, own: Object.keys(parameters) });
  const report: LoadReport = { loaded: [], missing: [], unexpected: [], misshapen: [], skipped };
  for (const [name, variable] of Object.entries(parameters)) {
    const array = arrays.get(name);
    const expected = torchShape(variable.shape);
    if (!array) report.missing.push(name);
    else if (String(array.shape) === String(expected)) report.loaded.push(name);
    else report.misshapen.push(`${name} [${expected}], file [${array.shape}]`);
  }
  for (const name of arrays.keys()) {
    if (!Object.hasOwn(parameters, name)) report.unexpected.push(name);
  }
  const { loaded, skipped: _, ...wrong } = report;
  const fits = Object.values(wrong).every((names) => names.length === 0);
  if (!fits && (!partial || loaded.length === 0)) throw new UnfitFile(describe(report, file));

  const notFinite: string[] = [];
  for (const name of loaded) {
    const numbers = float32Values(arrays.get(name)!);
    const bad = numbers.findIndex((x) => !Number.isFinite(x));
    if (bad >= 0) notFinite.push(`${name} holds ${numbers[bad]} at ${bad}`);
  }
  if (notFinite.length > 0) {
    throw new RangeError(
      `Nothing was loaded from ${naming(file)}: ${notFinite.join("; ")}. ` +
        "The run that wrote it had diverged, or a number was beyond float32; take an earlier one.",
    );
  }
  const lastUse = new Map(loaded.map((name) => [arrays.get(name)!.bytes.buffer, name])); // tied weights share
  for (const name of loaded) {
    const variable = parameters[name], array = arrays.get(name)!, { buffer } = array.bytes;
    const { values } = fromTorchLayout({ shape: array.shape, values: float32Values(array) });
    if (takesOver && lastUse.get(buffer) === name) buffer.transfer(0);
    tf.tidy(() => variable.assign(handOver(values, variable.shape)));
  }
  return report;
}

/**
 * Those of some beginnings with which a name of the file begins, wrappers aside: what `skip` can be asked
 * for when published files differ.
 *
 * @param own The names of the model that is to take it.
 */
export function beginningsIn(
  file: TensorFile,
  beginnings: readonly string[],
  own: readonly string[] = [],
): string[] {
  const names = [...file.tensors.keys()], cut = wrapperPrefix(names, { own }).length;
  return beginnings.filter((beginning) => names.some((name) => name.startsWith(beginning, cut)));
}

/** The arrays by the names a model uses, without what has no place in it. */
function arraysByName(
  file: TensorFile,
  { skip, own }: { skip: readonly string[]; own: readonly string[] },
): { arrays: Map<string, StoredTensor>; skipped: string[] } {
  const prefix = wrapperPrefix([...file.tensors.keys()], { own });
  const all = [...file.tensors].map(([name, array]) => [name.slice(prefix.length), array] as const)
    .filter(([name]) => !name.endsWith(COUNTER));
  for (const beginning of skip) {
    if (!all.some(([name]) => name.startsWith(beginning))) {
      throw new UnfitFile(`${naming(file)} has nothing that begins "${beginning}" to skip.`);
    }
  }
  const isSkipped = (name: string) => skip.some((beginning) => name.startsWith(beginning));
  return {
    arrays: new Map(all.filter(([name]) => !isSkipped(name))),
    skipped: all.filter(([name]) => isSkipped(name)).map(([name]) => prefix + name),
  };
}

/** The file in an error. */
const naming = ({ path }: TensorFile) => path ?? "the file";

function describe(report: LoadReport, file: TensorFile): string {
  const { loaded, skipped: _, ...wrong } = report;
  const lists = Object.entries(wrong).filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `  ${kind}: ${names.join(kind === "misshapen" ? "; " : ", ")}`);
  return `The model stays as it is: ${
    naming(file)
  } does not fit it (${loaded.length} arrays do):\n` +
    `${lists.join("\n")}\nCheck backbone, blocks and width, or load with partial: true.`;
}

/** What goes into a file besides the weights. */
export interface StoreOptions {
  /** Free text by key. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Training steps done, which PyTorch's batch norm counts; default 0. */
  readonly steps?: number;
}

/**
 * A model's parameters as a file for PyTorch's `load_state_dict`, counters included. Write it with
 * `writeSafetensors`.
 */
export async function storeParameters(
  parameters: Parameters,
  { metadata = {}, steps = 0 }: StoreOptions = {},
): Promise<TensorFile> {
  const tensors = new Map<string, StoredTensor>();
  const counter = new Uint8Array(BigInt64Array.of(BigInt(steps)).buffer);
  for (const [name, variable] of Object.entries(parameters)) {
    const here = Float32Array.from(await variable.data());
    const { shape, values } = toTorchLayout({ shape: variable.shape, values: here });
    tensors.set(name, storeFloat32(values, shape));
    if (name.endsWith("running_var")) {
      const counted = name.replace(/running_var$/, COUNTER);
      tensors.set(counted, { type: "I64", shape: [], bytes: counter.slice() });
    }
  }
  return { tensors, metadata };
}
