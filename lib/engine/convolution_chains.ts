/**
 * Convolutions in a recorded graph with what follows each: a bias, what is added, an activation. TensorFlow has one
 * operation for all of it, which goes over the image once.
 */
import type { GraphBuilder, GraphNode, Output, Results } from "./graph_builder.ts";
import { type Attribute, TYPES } from "./kernel_binding.ts";

/** Names of addition. */
const ADDITIONS: ReadonlySet<string> = new Set(["Add", "AddV2"]);

/** Activations that the fused operation knows. */
const ACTIVATIONS: ReadonlySet<string> = new Set(["Relu", "Relu6"]);

/** A convolution and what follows it, each used by the next alone. */
export interface ConvolutionChain {
  /** The Conv2D as it was recorded. */
  readonly convolution: GraphNode;
  /** What it is applied to. */
  readonly image: Output;
  /** Its filter: not what holds it back, but the filter itself. */
  readonly filter: Output;
  /** Whether nothing else in the graph uses the filter. */
  readonly isFilterAlone: boolean;
  /** `[channels]`. */
  readonly bias: Output;
  /** What is added after the bias, of the same shape. */
  readonly summand: Output | undefined;
  /** TensorFlow's name of the activation. */
  readonly activation: string | undefined;
  /** The node whose value the chain is. */
  readonly end: bigint;
  /** All its nodes, the end among them. */
  readonly nodes: readonly bigint[];
}

/** The one node that uses each node, and uses it as an input; none where there are several, or the function gives it. */
function soleUsers(
  graph: GraphBuilder,
  { outputs, effects }: Results,
): Map<bigint, bigint> {
  const needed = graph.needed([...outputs.map(({ node }) => node), ...effects]);
  const users = new Map<bigint, bigint>(), shared = new Set([...effects]);
  for (const { node } of outputs) shared.add(node);
  for (const [user, { inputs = [], after = [] }] of graph.nodes) {
    if (!needed.has(user)) continue;
    for (const node of after) shared.add(node);
    for (const { node } of inputs.flat()) {
      if (users.has(node)) shared.add(node);
      users.set(node, user);
    }
  }
  for (const node of shared) users.delete(node);
  return users;
}

/** Whether an attribute says that channels are an image's last axis: where a bias is added. */
const isChannelsLast = ({ name, value }: Attribute) => name === "data_format" && value === "NHWC";

const sameShape = (a: readonly number[], b: readonly number[]) => `${a}` === `${b}`;

/**
 * The chains of a graph: float32 convolutions with a bias, in the order of their convolutions. None of their nodes
 * is in two.
 *
 * @param results What the function gives and does.
 * @param options `adds`: whether a summand may be part of a chain, which oneDNN's operation alone has.
 */
export function convolutionChains(
  graph: GraphBuilder,
  results: Results,
  { adds }: { adds: boolean },
): ConvolutionChain[] {
  const users = soleUsers(graph, results), taken = new Set<bigint>();
  const single = (node: bigint) => (graph.nodes.get(node)!.inputs ?? []) as readonly Output[];
  /** The node that alone uses this one, if it is such an operation, waits for nothing else, and is in no chain. */
  const next = (node: bigint, isWanted: (operation: string) => boolean): bigint | undefined => {
    const user = users.get(node), found = user === undefined ? undefined : graph.nodes.get(user)!;
    if (!found || !isWanted(found.operation) || found.after?.length || taken.has(user!)) return;
    return user;
  };
  /** An addition to this node, and the other thing that it adds. */
  const sum = (node: bigint): { end: bigint; other: Output } | undefined => {
    const end = next(node, (operation) => ADDITIONS.has(operation));
    if (end === undefined) return;
    const [a, b] = single(end);
    return a.node === b.node ? undefined : { end, other: a.node === node ? b : a };
  };
  const shapeOf = (output: Output) => graph.describe(output).shape;
  const chains: ConvolutionChain[] = [];
  for (const [node, convolution] of graph.nodes) {
    if (convolution.operation !== "Conv2D" || convolution.after?.length) continue;
    if (!convolution.attributes?.some(isChannelsLast)) continue;
    const value = { node, index: 0 }, { shape, dtype } = graph.describe(value);
    const biased = dtype === TYPES.FLOAT ? sum(node) : undefined;
    if (!biased || !sameShape(shapeOf(biased.other), shape.slice(3))) continue;
    const nodes = [node, biased.end];
    const added = adds ? sum(biased.end) : undefined;
    const summand = added && sameShape(shapeOf(added.other), shape) ? added.other : undefined;
    if (summand) nodes.push(added!.end);
    const active = next(nodes.at(-1)!, (operation) => ACTIVATIONS.has(operation));
    if (active !== undefined) nodes.push(active);
    for (const one of nodes) taken.add(one);
    const [image, given] = single(node);
    const isHeldBack = graph.nodes.get(given.node)!.operation === "PlaceholderWithDefault";
    const [filter] = isHeldBack ? single(given.node) : [given];
    chains.push({
      convolution,
      image,
      filter,
      isFilterAlone: users.has(filter.node) && users.has(given.node),
      bias: biased.other,
      summand,
      activation: active === undefined ? undefined : graph.nodes.get(active)!.operation,
      end: nodes.at(-1)!,
      nodes,
    });
  }
  return chains;
}
