/**
 * Inference in fewer operations: each convolution with its bias, what is added to it and its activation is one.
 * TensorFlow's own optimiser does that, too, where it is let; but it has oneDNN pack only filters that are constants,
 * of which it keeps several copies. Here they are packed and held once.
 */
import { type ConvolutionChain, convolutionChains } from "./convolution_chains.ts";
import type { GraphBuilder, Output, Results } from "./graph_builder.ts";
import { type FusedConvolution, KEEPING, KEEPING_CONVOLUTION } from "./keeps_filter.ts";
import { type Attribute, ATTRIBUTES, TYPES } from "./kernel_binding.ts";

/** A filter that oneDNN packs at its first use. */
export interface PackedFilter {
  /** The filter itself at first; afterwards its place. */
  readonly filter: Output;
  /** Called with the node that has packed it. */
  readonly packed: (node: bigint) => void;
}

/** How convolutions are fused. */
export interface FusingOptions {
  /** Whether TensorFlow's convolutions are oneDNN's. */
  readonly usesOneDnn: boolean;
  /** Element type of packed convolutions: one of `TYPES`. Where nothing is packed they stay float32. */
  readonly dtype: number;
  /** Whether a filter that nothing else uses may be packed by this convolution. */
  readonly mayPack: (filter: Output, by: FusedConvolution) => boolean;
  /** Called for each that is to be; not before all were asked for. */
  readonly pack: (filter: Output) => PackedFilter;
}

/** Attributes of Conv2D that its fused kinds have too. */
const KEPT: ReadonlySet<string> = new Set([
  "strides",
  "padding",
  "explicit_paddings",
  "data_format",
  "dilations",
]);

/** How one chain becomes one operation. */
interface Plan {
  readonly chain: ConvolutionChain;
  /** The bias, and what else is added. */
  readonly others: readonly Output[];
  readonly attributes: readonly Attribute[];
  readonly isPacked: boolean;
}

/** Writes fused operations into a graph, and what follows anew. */
class Fusion {
  readonly #graph: GraphBuilder;
  readonly #options: FusingOptions;
  readonly #made = new Map<bigint, bigint>(); // node → the one in its place
  readonly #halves = new Map<string, Output>(); // of a float32 output its bfloat16

  constructor(graph: GraphBuilder, options: FusingOptions) {
    this.#graph = graph;
    this.#options = options;
  }

  /** What stands in an output's place. */
  readonly now = ({ node, index }: Output): Output => ({ node: this.instead(node), index });

  /** What stands in a node's place. */
  readonly instead = (node: bigint): bigint => this.#made.get(node) ?? node;

  #cast(from: Output, [source, target]: readonly [number, number]): Output {
    const attributes = [
      { name: "SrcT", type: ATTRIBUTES.TYPE, value: source },
      { name: "DstT", type: ATTRIBUTES.TYPE, value: target },
    ];
    return { node: this.#graph.add("Cast", { attributes, inputs: [from] }), index: 0 };
  }

  /** The output in the type of packed convolutions; of what was cast from it, that itself. */
  #half(output: Output): Output {
    const { dtype } = this.#options, key = `${output.node}:${output.index}`;
    if (dtype === TYPES.FLOAT) return output;
    const known = this.#halves.get(key) ?? this.#cast(output, [TYPES.FLOAT, dtype]);
    this.#halves.set(key, known);
    return known;
  }

  /** How a chain becomes one operation. */
  plan(chain: ConvolutionChain): Plan {
    const { convolution, activation, summand, filter, isFilterAlone } = chain;
    const { usesOneDnn, mayPack, dtype } = this.#options;
    const fused = ["BiasAdd", ...summand ? ["Add"] : [], ...activation ? [activation] : []];
    const others = [chain.bias, ...summand ? [summand] : []];
    const attributesOf = (dtype: number): Attribute[] => [
      ...(convolution.attributes ?? []).filter(({ name }) => KEPT.has(name)),
      { name: "T", type: ATTRIBUTES.TYPE, value: dtype },
      { name: "num_args", type: ATTRIBUTES.INT, value: others.length },
      { name: "fused_ops", type: ATTRIBUTES.STRING, value: fused },
    ];
    const shapeOf = (output: Output) => this.#graph.describe(output).shape;
    const keeping = {
      attributes: [...attributesOf(dtype), ...KEEPING],
      dtype,
      image: shapeOf(chain.image),
      filter: shapeOf(filter),
      others: others.map(shapeOf),
    };
    const isPacked = usesOneDnn && isFilterAlone && mayPack(filter, keeping);
    const attributes = isPacked ? keeping.attributes : attributesOf(dtype);
    return { chain, others, attributes, isPacked };
  }

  /** Adds the fused operation in the chain's place. */
  fuse({ chain, others, attributes, isPacked }: Plan): void {
    const { pack, dtype } = this.#options;
    if (!isPacked && dtype !== TYPES.FLOAT) return this.keep(chain.nodes);
    const packed = isPacked ? pack(chain.filter) : undefined;
    const cast = (output: Output) => this.#half(this.now(output));
    const node = this.#graph.add(packed ? KEEPING_CONVOLUTION : "_FusedConv2D", {
      attributes: [...attributes],
      inputs: [cast(chain.image), packed?.filter ?? chain.filter, others.map(cast), []],
    });
    packed?.packed(node);
    const value = { node, index: 0 };
    const full = dtype === TYPES.FLOAT ? value : this.#cast(value, [dtype, TYPES.FLOAT]);
    this.#halves.set(`${full.node}:0`, value);
    this.#made.set(chain.end, full.node);
  }

  /** Adds nodes anew of whose inputs something has changed. */
  keep(nodes: readonly bigint[]): void {
    const changes = (node: bigint) => this.#made.has(node);
    for (const node of nodes) {
      const request = this.#graph.nodes.get(node)!, { inputs = [], after = [] } = request;
      if (!inputs.flat().some((one) => changes(one.node)) && !after.some(changes)) continue;
      const again = this.#graph.add(request.operation, {
        ...request,
        inputs: inputs.map((one) => "node" in one ? this.now(one) : one.map(this.now)),
        after: after.map(this.instead),
      });
      this.#made.set(node, again);
    }
  }
}

/**
 * Fuses the convolutions of a graph.
 *
 * @param results What the function gives and does.
 * @returns The same with the nodes that stand in the old ones' places; the old ones are not needed any more.
 */
export function fuseConvolutions(
  graph: GraphBuilder,
  { outputs, effects }: Results,
  options: FusingOptions,
): Results {
  const chains = convolutionChains(graph, { outputs, effects }, { adds: options.usesOneDnn });
  const fusion = new Fusion(graph, options);
  const ending = new Map(chains.map((chain) => [chain.end, fusion.plan(chain)]));
  const inside = new Set(chains.flatMap(({ nodes }) => nodes));
  const needed = graph.needed([...outputs.map(({ node }) => node), ...effects]);
  for (const node of [...graph.nodes.keys()]) {
    const plan = ending.get(node);
    if (plan) fusion.fuse(plan);
    else if (needed.has(node) && !inside.has(node)) fusion.keep([node]);
  }
  return { outputs: outputs.map(fusion.now), effects: effects.map(fusion.instead) };
}
