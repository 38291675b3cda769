/** A TensorFlow graph under construction, and the function that is made of it. */
import { setNodeAttributes } from "./operation_attributes.ts";
import { type Attribute, ATTRIBUTES, type TensorDescription } from "./kernel_binding.ts";
import type { Native } from "./native_library.ts";

/** One output of one node. */
export interface Output {
  /** Address of the TF_Operation. */
  readonly node: bigint;
  /** Which of its outputs. */
  readonly index: number;
}

/** A node to add. */
export interface NodeRequest {
  /** Its attributes. */
  readonly attributes?: Attribute[];
  /** Its inputs; an inner array is an input that is a list. */
  readonly inputs?: readonly (Output | readonly Output[])[];
  /** Nodes that must have run before it. */
  readonly after?: readonly bigint[];
  /** A TF_Tensor: the attribute `value` of a constant. */
  readonly value?: bigint;
}

/** A node as it was added. */
export interface GraphNode extends NodeRequest {
  /** TensorFlow's name of its operation. */
  readonly operation: string;
}

/** What a function gives and does. */
export interface Results {
  /** Results, in order. */
  readonly outputs: readonly Output[];
  /** Nodes that run although no result needs them. */
  readonly effects: readonly bigint[];
}

/** What a function takes, gives and does. */
export interface Signature extends Results {
  /** Placeholders, in the order of the arguments. */
  readonly inputs: readonly Output[];
}

/** TF_Output structures, 16 bytes each: an address, an int, and padding. */
function structures(outputs: readonly Output[]): Uint8Array<ArrayBuffer> {
  const bytes = new ArrayBuffer(Math.max(16, 16 * outputs.length));
  outputs.forEach(({ node, index }, i) => {
    new BigUint64Array(bytes, 16 * i, 1)[0] = node;
    new Int32Array(bytes, 16 * i + 8, 1)[0] = index;
  });
  return new Uint8Array(bytes);
}

/** A graph; it owns native memory until `dispose`. */
export class GraphBuilder {
  readonly #native: Native;
  readonly #address: bigint;
  readonly #nodes = new Map<bigint, GraphNode>();

  /** An empty graph. */
  constructor(native: Native) {
    this.#native = native;
    this.#address = native.symbols.TF_NewGraph();
  }

  /** The nodes so far, each after what it needs. */
  get nodes(): ReadonlyMap<bigint, GraphNode> {
    return this.#nodes;
  }

  /** Adds a node. Throws a `TensorFlowError` with the shapes of its inputs when TensorFlow objects. */
  add(operation: string, request: NodeRequest = {}): bigint {
    const { symbols: s, status } = this.#native;
    const { attributes = [], inputs = [], after = [], value } = request;
    const name = `${operation.replace(/^_+/, "")}_${this.#nodes.size}\0`;
    const bytes = new TextEncoder().encode(name);
    const node = s.TF_NewOperation(this.#address, this.#native.cstring(operation), bytes);
    for (const input of inputs) {
      if ("node" in input) s.TF_AddInput(node, structures([input]));
      else s.TF_AddInputList(node, structures(input), input.length);
    }
    for (const earlier of after) s.TF_AddControlInput(node, earlier);
    setNodeAttributes(this.#native, node, attributes);
    if (value !== undefined) {
      s.TF_SetAttrTensor(node, this.#native.cstring("value"), value, status);
      this.#native.check(operation);
    }
    const finished = s.TF_FinishOperation(node, status);
    this.#native.check(operation, () => inputs.flat().map((o) => this.describe(o)));
    this.#nodes.set(finished, { operation, ...request });
    return finished;
  }

  /** The nodes that run when `nodes` are asked for, themselves included. */
  needed(nodes: readonly bigint[]): Set<bigint> {
    const found = new Set(nodes);
    for (const node of found) {
      const { inputs = [], after = [] } = this.#nodes.get(node)!;
      for (const source of [...inputs.flat().map((one) => one.node), ...after]) found.add(source);
    }
    return found;
  }

  /** A node that stands for an argument of the function. */
  placeholder(dtype: number, shape: readonly number[]): Output {
    const node = this.add("Placeholder", {
      attributes: [
        { name: "dtype", type: ATTRIBUTES.TYPE, value: dtype },
        { name: "shape", type: ATTRIBUTES.SHAPE, value: shape },
      ],
    });
    return { node, index: 0 };
  }

  /** States a shape that TensorFlow cannot infer. */
  setShape(output: Output, shape: readonly number[]): void {
    const { symbols: s, status } = this.#native;
    const dims = BigInt64Array.from(shape.length > 0 ? shape : [0], (n) => BigInt(n));
    s.TF_GraphSetTensorShape(
      this.#address,
      structures([output]),
      new Uint8Array(dims.buffer),
      shape.length,
      status,
    );
    this.#native.check("TF_GraphSetTensorShape");
  }

  /** Shape and type of an output; -1 stands for a length that is not known before running. */
  describe(output: Output): TensorDescription {
    const { symbols: s } = this.#native;
    const own = s.TF_NewStatus(); // errors that are being reported stay in the shared one
    try {
      const struct = structures([output]);
      const rank = s.TF_GraphGetTensorNumDims(this.#address, struct, own);
      const dims = new BigInt64Array(Math.max(16, rank));
      if (rank > 0) {
        const room = new Uint8Array(dims.buffer);
        s.TF_GraphGetTensorShape(this.#address, struct, room, rank, own);
      }
      // A few outputs have no known rank: working memory of fused kernels, handed on unread.
      const shape = rank < 0 ? [0] : Array.from(dims.subarray(0, rank), Number);
      return { shape, dtype: s.TF_OperationOutputType(struct) };
    } finally {
      s.TF_DeleteStatus(own);
    }
  }

  /** Makes the graph a function of the context, under a name of its own. */
  addFunction(name: string, context: bigint, { inputs, outputs, effects }: Signature): void {
    const { symbols: s, status, cstring } = this.#native;
    const control = BigUint64Array.from(effects.length > 0 ? effects : [0n]);
    const made = s.TF_GraphToFunctionWithControlOutputs(
      this.#address,
      cstring(name),
      0, // no hash appended to the name
      -1, // all nodes
      0n,
      inputs.length,
      structures(inputs),
      outputs.length,
      structures(outputs),
      0n, // outputs need no names
      effects.length,
      new Uint8Array(control.buffer),
      0n,
      0n,
      0n,
      status,
    );
    this.#native.check("TF_GraphToFunction");
    s.TFE_ContextAddFunction(context, made, status);
    this.#native.check("TFE_ContextAddFunction");
    s.TF_DeleteFunction(made);
  }

  /** Frees the graph; functions made of it stay. */
  dispose(): void {
    this.#native.symbols.TF_DeleteGraph(this.#address);
  }
}
