/**
 * The variables that a captured step updates in place, as they stand in its graph: each is read once,
 * as it is when the step begins, and written at the end, after that read.
 */
import { type Attribute, ATTRIBUTES } from "./kernel_binding.ts";
import type { GraphBuilder, Output } from "./graph_builder.ts";
import type { Resource } from "./resource_variable.ts";

/** An operation that changes variables in place. */
export interface Update {
  /** Its name, such as `ResourceApplyAdam`. */
  readonly operation: string;
  /** Its attributes. */
  readonly attributes: Attribute[];
  /** The variables, which are its first inputs. */
  readonly resources: readonly Resource[];
  /** The inputs after them. */
  readonly inputs: readonly Output[];
}

/** One variable. */
interface RecordedVariable {
  readonly handle: Output;
  read?: Output;
  /** What works with the value that was read. */
  readonly users: bigint[];
  updated: boolean;
}

/** Operations whose result is their input's memory under another shape or name. */
const SHARING = new Set(["Identity", "Reshape"]);

/** The type attribute of reads and writes. */
const typeOf = (resource: Resource): Attribute[] => [
  { name: "dtype", type: ATTRIBUTES.TYPE, value: resource.dtype },
];

/** Records reads and updates of variables; `finish` ends it. */
export class RecordedVariables {
  readonly #graph: GraphBuilder;
  readonly #handleOf: (resource: Resource) => Output;
  readonly #known = new Map<Resource, RecordedVariable>();
  readonly #values = new Map<bigint, RecordedVariable>(); // node → the variable whose memory it gives
  readonly #updates: Update[] = [];

  /**
   * None yet.
   *
   * @param handleOf Makes the function's argument for a variable; called once for each.
   */
  constructor(graph: GraphBuilder, handleOf: (resource: Resource) => Output) {
    this.#graph = graph;
    this.#handleOf = handleOf;
  }

  #variable(resource: Resource): RecordedVariable {
    let known = this.#known.get(resource);
    if (!known) {
      known = { handle: this.#handleOf(resource), users: [], updated: false };
      this.#known.set(resource, known);
    }
    return known;
  }

  /**
   * A variable's value as it is when the function begins; the same output at every call.
   *
   * @throws Error after an update: then its value is another one.
   */
  read(resource: Resource): Output {
    const known = this.#variable(resource);
    if (known.updated) {
      throw new Error(
        "A variable, or a clone of it, is read in a captured step after its update (applyAdam). " +
          "Updates take place at the end of the step: read the variable before, or after the step.",
      );
    }
    if (!known.read) {
      const attributes = typeOf(resource);
      const node = this.#graph.add("ReadVariableOp", { attributes, inputs: [known.handle] });
      known.read = { node, index: 0 };
      this.#values.set(node, known);
      this.#graph.setShape(known.read, resource.shape);
    }
    return known.read;
  }

  /** Takes note of an operation that was recorded. */
  used(inputs: readonly Output[], { operation, node }: { operation: string; node: bigint }): void {
    for (const input of inputs) {
      const variable = this.#values.get(input.node);
      if (!variable) continue;
      variable.users.push(node);
      if (SHARING.has(operation)) this.#values.set(node, variable);
    }
  }

  /** Gives a variable a value at the end of the function. */
  assign(resource: Resource, value: Output): void {
    const attributes = typeOf(resource);
    this.update({
      operation: "AssignVariableOp",
      attributes,
      resources: [resource],
      inputs: [value],
    });
  }

  /** Changes variables at the end of the function. */
  update(update: Update): void {
    this.#updates.push(update);
    for (const resource of update.resources) this.#variable(resource).updated = true;
  }

  /**
   * Adds the updates and returns their nodes, which must run. Each waits until nothing works with
   * what its variables were any more: TensorFlow copies a variable that it updates while somebody does.
   *
   * @param results What else the function computes.
   */
  finish(results: readonly Output[]): bigint[] {
    const computed = [...results, ...this.#updates.flatMap(({ inputs }) => inputs)];
    const needed = this.#graph.needed(computed.map(({ node }) => node));
    const last = new Map<Resource, bigint>(); // a second update of a variable comes after the first
    return this.#updates.map(({ operation, attributes, resources, inputs }) => {
      const variables = resources.map((r) => this.#variable(r));
      const node = this.#graph.add(operation, {
        attributes,
        inputs: [...variables.map((v) => v.handle), ...inputs],
        after: [
          ...variables.flatMap((v) => v.read?.node ?? []),
          ...new Set(variables.flatMap((v) => v.users.filter((user) => needed.has(user)))),
          ...resources.flatMap((r) => last.get(r) ?? []),
        ],
      });
      for (const r of resources) last.set(r, node);
      return node;
    });
  }
}
