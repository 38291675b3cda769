/**
 * Capture of code that changes variables: a training step with its forward pass, gradients, optimiser
 * and running statistics. The variables move into TensorFlow, where the function updates them in place.
 */
import * as tf from "@tensorflow/tfjs";
import {
  callable,
  type CaptureOptions,
  type Compiled,
  living,
  record,
  type TensorFunction,
} from "./captured_function.ts";
import type { CapturingBackend } from "./capturing_backend.ts";
import type { Recorder } from "./operation_recorder.ts";
import { Resource } from "./resource_variable.ts";

/** Captures a function that updates variables; see `compileStep`. */
export function captureUpdatingFunction(
  backend: CapturingBackend,
  f: TensorFunction,
  { example, options }: { example: readonly tf.Tensor[]; options: CaptureOptions },
): Compiled {
  const name = options.name ?? "step";
  const variables = new VariablesWhileCapturing(backend);
  const work = (recorder: Recorder, inputs: tf.Tensor[]): tf.Tensor[] => {
    recorder.updatable = (variable) => variables.unassigned(variable);
    try {
      const results = [f(...inputs)].flat();
      variables.refuseCreated(name);
      variables.recordAssignments(recorder);
      return results;
    } finally {
      variables.restore();
    }
  };
  try {
    const behind = (dataId: object) => variables.resourceBehind(dataId);
    const recording = record(backend, work, { example, name, options, variables: behind });
    const { used } = variables;
    const around = (run: () => tf.Tensor[]) => {
      used.forEach((r, variable) => makeUpdatable(backend, variable, r));
      return run();
    };
    const after = () => used.forEach((r) => r.unpin());
    used.forEach((r) => r.pin());
    return callable(backend, recording, { example, name, options, around, after });
  } finally {
    variables.dispose();
  }
}

/**
 * All variables while a function is captured. They hold recorded values meanwhile; clones, which this
 * owns, keep the real ones.
 */
class VariablesWhileCapturing {
  /** Those that the function reads or changes, and the resource that each became. */
  readonly used = new Map<tf.Variable, Resource>();

  readonly #backend: CapturingBackend;
  /** Every variable, with the clone that keeps its value. */
  readonly #originals: ReadonlyMap<tf.Variable, tf.Tensor>;
  readonly #byData: ReadonlyMap<object, tf.Variable>;

  constructor(backend: CapturingBackend) {
    this.#backend = backend;
    const variables = Object.values(tf.engine().registeredVariables);
    this.#byData = new Map(variables.map((v) => [v.dataId, v]));
    this.#originals = new Map(variables.map((v) => [v, tf.keep(v.clone())]));
  }

  /** The resource of the variable that had this data when the capture began, if one had. */
  resourceBehind(dataId: object): Resource | undefined {
    const variable = this.#byData.get(dataId);
    return variable && this.#resource(variable, dataId);
  }

  /** The variable's resource, unless the function has given it another value by now. */
  unassigned(variable: tf.Variable): Resource | undefined {
    const original = this.#originals.get(variable);
    if (variable.dataId !== original?.dataId) return undefined;
    return this.#resource(variable, original.dataId);
  }

  /** Throws when the function has created variables. */
  refuseCreated(name: string): void {
    const [created] = this.#created();
    if (!created) return;
    throw new Error(
      `Variables were created while ${name} was captured (${created.name}…): they would ` +
        "never get values. Create them, and the optimiser's, before capturing.",
    );
  }

  /** Records that each variable which holds another value now gets it at the function's end. */
  recordAssignments(recorder: Recorder): void {
    for (const [variable, { dataId }] of this.#originals) {
      if (variable.dataId === dataId) continue;
      const [id] = this.#backend.getInputTensorIds([variable]);
      recorder.updated.assign(this.#resource(variable, dataId), recorder.output(id));
    }
  }

  /** Gives every variable its real value again; those that the function created go. */
  restore(): void {
    for (const variable of this.#created()) variable.dispose();
    for (const variable of Object.values(tf.engine().registeredVariables)) {
      const original = this.#originals.get(variable)!;
      if (variable.dataId !== original.dataId) variable.assign(original);
    }
  }

  /** Frees the clones. */
  dispose(): void {
    for (const original of this.#originals.values()) original.dispose();
  }

  #created(): tf.Variable[] {
    return Object.values(tf.engine().registeredVariables).filter((v) => !this.#originals.has(v));
  }

  #resource(variable: tf.Variable, dataId: object): Resource {
    const resource = this.used.get(variable) ?? resourceOf(this.#backend, dataId);
    this.used.set(variable, resource);
    return resource;
  }
}

/** The resource that is some data; made of its value, and put in its place, when it is none yet. */
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

/** Gives a variable data of its own that is the resource. */
function assignResource(
  backend: CapturingBackend,
  variable: tf.Variable,
  resource: Resource,
): void {
  const dataId = {};
  resource.refCount = 1;
  backend.tensorMap.set(dataId, resource);
  const { shape, dtype } = variable;
  const tensor = tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype });
  variable.assign(tensor);
  tensor.dispose();
}

/** Sees to it that the resource holds the variable's value, and that nobody else holds its memory. */
function makeUpdatable(
  backend: CapturingBackend,
  variable: tf.Variable,
  resource: Resource,
): void {
  const data = backend.tensorMap.get(living(variable).dataId);
  if (data !== resource) { // assigned from outside since the last step
    resource.write(backend.idOf(variable.dataId));
    assignResource(backend, variable, resource);
  } else if (resource.refCount > 1) { // a clone shares the data and must keep today's value
    backend.tensorMap.set(variable.dataId, resource.detach());
    assignResource(backend, variable, resource);
  } else {
    resource.forgetRead();
  }
}
