/**
 * Capture of code that changes variables: a training step with its forward pass, gradients, optimiser
 * and running statistics. The variables move into TensorFlow, where the step updates them in place.
 */
import * as tf from "@tensorflow/tfjs";
import type { CapturingBackend } from "./backend.ts";
import {
  callable,
  type CaptureOptions,
  type Compiled,
  living,
  record,
  type TensorFunction,
} from "./capture.ts";
import type { Recorder } from "./recorder.ts";
import { Resource } from "./resource.ts";

/** Gives a variable data of its own that is the resource. */
function bind(backend: CapturingBackend, variable: tf.Variable, resource: Resource): void {
  const dataId = {};
  resource.refCount = 1;
  backend.tensorMap.set(dataId, resource);
  const { shape, dtype } = variable;
  const tensor = tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype });
  variable.assign(tensor);
  tensor.dispose();
}

/** Sees to it that the resource holds the variable's value, and that nobody else holds its memory. */
function settle(backend: CapturingBackend, variable: tf.Variable, resource: Resource): void {
  const data = backend.tensorMap.get(living(variable).dataId);
  if (data !== resource) { // assigned from outside since the last step
    resource.write(backend.idOf(variable.dataId));
    bind(backend, variable, resource);
  } else if (resource.refCount > 1) { // a clone shares the data and must keep today's value
    backend.tensorMap.set(variable.dataId, resource.detach());
    bind(backend, variable, resource);
  } else {
    resource.forgetRead();
  }
}

/** The resource behind a variable; made, and put in the place of its data, when there is none yet. */
function resourceOf(backend: CapturingBackend, dataId: object): Resource {
  const data = backend.tensorMap.get(dataId);
  if (data instanceof Resource) return data;
  const id = backend.idOf(dataId);
  const resource = new Resource(backend.eager, id);
  resource.refCount = data.refCount;
  backend.tensorMap.set(dataId, resource);
  backend.eager.deleteTensor(id);
  return resource;
}

/** Captures a step; see `compileStep`. */
export function captureStep(
  backend: CapturingBackend,
  f: TensorFunction,
  { example, options }: { example: readonly tf.Tensor[]; options: CaptureOptions },
): Compiled {
  const name = options.name ?? "step";
  const variables = Object.values(tf.engine().registeredVariables);
  const byData = new Map(variables.map((v) => [v.dataId as object, v]));
  const used = new Map<tf.Variable, Resource>();
  const resource = (variable: tf.Variable, dataId: object): Resource => {
    const made = used.get(variable) ?? resourceOf(backend, dataId);
    used.set(variable, made);
    return made;
  };
  // While recording, variables hold recorded values; these clones keep the real ones.
  const originals = variables.map((v) => tf.keep(v.clone()));

  const work = (recorder: Recorder, inputs: tf.Tensor[]): tf.Tensor[] => {
    recorder.updatable = (variable) => {
      const dataId = originals[variables.indexOf(variable)]?.dataId;
      return variable.dataId === dataId ? resource(variable, dataId) : undefined;
    };
    try {
      const results = [f(...inputs)].flat();
      const created = Object.values(tf.engine().registeredVariables).filter((v) =>
        !variables.includes(v)
      );
      if (created.length > 0) {
        throw new Error(
          `Variables were created while ${name} was captured (${created[0].name}…): they would ` +
            "never get values. Create them, and the optimiser's, before capturing.",
        );
      }
      variables.forEach((variable, i) => {
        const { dataId } = originals[i];
        if (variable.dataId === dataId) return;
        const [id] = backend.getInputTensorIds([variable]);
        recorder.updated.assign(resource(variable, dataId), recorder.output(id));
      });
      return results;
    } finally {
      for (const v of Object.values(tf.engine().registeredVariables)) {
        const i = variables.indexOf(v);
        if (i < 0) v.dispose();
        else if (v.dataId !== originals[i].dataId) v.assign(originals[i] as tf.Tensor);
      }
    }
  };
  try {
    const recording = record(backend, work, {
      example,
      name,
      variables: (dataId) => {
        const variable = byData.get(dataId);
        return variable && resource(variable, dataId);
      },
    });
    const before = () => used.forEach((r, variable) => settle(backend, variable, r));
    const after = () => used.forEach((r) => r.unpin());
    used.forEach((r) => r.pin());
    return callable(backend, recording, { example, name, options, before, after });
  } finally {
    for (const original of originals) original.dispose();
  }
}
