/**
 * Among all joints q(y, z₁, z₂) with given q(y, z₁) and q(y, z₂), the one from which z₁ and z₂ together
 * tell least of y. It is a convex problem, solved by Newton's method along a barrier's central path
 * (Boyd and Vandenberghe 2004, "Convex Optimization", chapter 11); Makkeh, Theis and Vicente (2017,
 * "Bivariate partial information decomposition: the optimization perspective", Entropy 19:530) give the
 * dual that proves how near the answer is.
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";

/** What the search found. */
export interface LeastInformative {
  /** The largest H(y | z₁, z₂) found, in nats. */
  readonly entropy: number;
  /** No joint with these marginals has more than `entropy` + `gap`, in nats. */
  readonly gap: number;
}

/** A cell (y, z₁, z₂) in which both marginals leave room for probability. */
interface Cell {
  /** Numbers of the marginals' equations that it stands in; the last column's follow from the others. */
  readonly equations: readonly number[];
  /** The moves that change it, and whether they add or take. */
  readonly moves: { readonly move: number; readonly sign: 1 | -1 }[];
}

/** The problem with only those cells that can have probability. */
interface Problem {
  readonly cells: readonly Cell[];
  /** Cells by (z₁, z₂). */
  readonly groups: readonly (readonly number[])[];
  /** Number of equations, and of moves: four cells of one y, two up and two down, which keep both marginals. */
  readonly equations: number;
  readonly moves: number;
  /** A joint with the marginals and no cell at 0: the sources independent once y is known. */
  readonly start: Float64Array;
}

const MOST_MOVES = 600; // a Newton step then takes about a tenth of a second

function problemOf(tables: readonly [Float64Array, Float64Array], labels: number): Problem {
  const [first, second] = tables.map((table) => ({ table, states: table.length / labels }));
  const cells: Cell[] = [], groups = new Map<number, number[]>(), start: number[] = [];
  let equations = 0, moves = 0;
  for (let y = 0; y < labels; y++) {
    // The likeliest states come first: every move has a part in their cell.
    const rows = statesOf(first.table, y, first.states);
    const columns = statesOf(second.table, y, second.states);
    const ofLabel = rows.reduce((sum, row) => sum + row.p, 0), from = cells.length;
    rows.forEach((row, r) =>
      columns.forEach((column, c) => {
        const place = row.state * second.states + column.state;
        groups.set(place, [...groups.get(place) ?? [], cells.length]);
        const last = c === columns.length - 1;
        const own = [equations + r, ...last ? [] : [equations + rows.length + c]];
        cells.push({ equations: own, moves: [] });
        start.push(row.p * column.p / ofLabel);
      })
    );
    equations += rows.length + Math.max(0, columns.length - 1);
    for (let r = 1; r < rows.length; r++) {
      for (let c = 1; c < columns.length; c++, moves++) {
        for (const [row, column, sign] of [[0, 0, 1], [r, c, 1], [r, 0, -1], [0, c, -1]] as const) {
          cells[from + row * columns.length + column].moves.push({ move: moves, sign });
        }
      }
    }
  }
  const all = { cells, groups: [...groups.values()], equations, moves };
  return { ...all, start: Float64Array.from(start) };
}

function statesOf(table: Float64Array, y: number, states: number) {
  return Array.from({ length: states }, (_, state) => ({ state, p: table[y * states + state] }))
    .filter(({ p }) => p > 0).sort((a, b) => b.p - a.p);
}

/** Σ q log q / q(z) = −H(y | z), in nats. */
function negativeEntropy({ groups }: Problem, q: Float64Array): number {
  return groups.reduce((sum, group) => {
    const all = group.reduce((total, i) => total + q[i], 0);
    return group.reduce((part, i) => part + q[i] * Math.log(q[i] / all), sum);
  }, 0);
}

/** Solves a symmetric positive definite system; nothing where rounding has made it another. */
function solve(matrix: Matrix, right: Float64Array): number[] | undefined {
  // Scaled to a unit diagonal: entries differ by many orders where cells go to 0.
  const scale = matrix.diagonal().map((entry) => 1 / Math.sqrt(entry));
  const scaled = Matrix.zeros(matrix.rows, matrix.rows);
  for (let a = 0; a < matrix.rows; a++) {
    for (let b = 0; b <= a; b++) {
      const entry = matrix.get(a, b) * scale[a] * scale[b];
      scaled.set(a, b, entry).set(b, a, entry);
    }
  }
  const cholesky = new CholeskyDecomposition(scaled);
  if (!cholesky.isPositiveDefinite()) return undefined;
  const solved = cholesky.solve(Matrix.columnVector(right.map((value, a) => value * scale[a])));
  return solved.to1DArray().map((value, a) => value * scale[a]);
}

/** The gradient of Σ q log q / q(z) − t Σ log q. */
function gradientOf({ groups }: Problem, q: Float64Array, t: number): Float64Array {
  const gradient = new Float64Array(q.length);
  for (const group of groups) {
    const all = group.reduce((sum, i) => sum + q[i], 0);
    for (const i of group) gradient[i] = Math.log(q[i] / all) - t / q[i];
  }
  return gradient;
}

/** Newton's step along the moves, and how far it leads down in units of t; nothing where rounding leaves none. */
function newtonStep({ cells, groups, moves }: Problem, q: Float64Array, slope: {
  gradient: Float64Array;
  t: number;
}) {
  const hessian = Matrix.zeros(moves, moves), downhill = new Float64Array(moves);
  cells.forEach((cell, i) => {
    for (const { move, sign } of cell.moves) downhill[move] -= sign * slope.gradient[i];
  });
  for (const group of groups) {
    const all = group.reduce((sum, i) => sum + q[i], 0);
    for (const i of group) {
      for (const j of group) {
        const entry = (i === j ? 1 / q[i] + slope.t / q[i] ** 2 : 0) - 1 / all;
        for (const a of cells[i].moves) {
          for (const b of cells[j].moves) {
            if (b.move > a.move) continue; // the other half is the same
            const sum = hessian.get(a.move, b.move) + a.sign * b.sign * entry;
            hessian.set(a.move, b.move, sum);
          }
        }
      }
    }
  }
  const along = solve(hessian, downhill);
  if (along === undefined) return undefined;
  const step = Float64Array.from(
    cells,
    (cell) => cell.moves.reduce((sum, { move, sign }) => sum + sign * along[move], 0),
  );
  return { step, decrement: along.reduce((sum, a, move) => sum + a * downhill[move], 0) / slope.t };
}

/** Where the step ends that lowers the barrier's function and keeps every cell above 0. */
function searchLine(problem: Problem, q: Float64Array, step: Float64Array, t: number) {
  const valueOf = (at: Float64Array) =>
    negativeEntropy(problem, at) - t * at.reduce((sum, p) => sum + Math.log(p), 0);
  const before = valueOf(q);
  let length = 1;
  step.forEach((change, i) => {
    if (change < 0) length = Math.min(length, -0.95 * q[i] / change);
  });
  for (; length > 1e-6; length /= 2) {
    const at = q.map((p, i) => p + length * step[i]);
    if (valueOf(at) <= before + 1e-15) return at;
  }
  return undefined;
}

/**
 * What multipliers of the equations prove: for any g with Σ_y exp g(y, z) ≤ 1 at every z, Σ q log q / q(z)
 * is at least Σ q g (Gibbs), and with g a sum of multipliers, one for each pair, that is the same for every
 * q allowed. The multipliers are those that come nearest to the gradient; where they break the condition
 * they are lowered until they do not, and what rounding may have added is taken off.
 */
function lowerBound(
  problem: Problem,
  q: Float64Array,
  slope: { gradient: Float64Array; t: number },
) {
  const { cells, groups, equations } = problem;
  const normal = Matrix.zeros(equations, equations), right = new Float64Array(equations);
  cells.forEach((cell, i) => {
    const weight = q[i] ** 2 / (q[i] + slope.t); // of small cells the gradient is least certain
    for (const e of cell.equations) {
      right[e] += weight * slope.gradient[i];
      for (const f of cell.equations) normal.set(e, f, normal.get(e, f) + weight);
    }
  });
  const multipliers = solve(normal, right);
  if (multipliers === undefined) return -Infinity;
  const g = cells.map((cell) => cell.equations.reduce((sum, e) => sum + multipliers[e], 0));
  const excess = groups.map((group) => {
    const top = Math.max(...group.map((i) => g[i]));
    return top + Math.log(group.reduce((sum, i) => sum + Math.exp(g[i] - top), 0));
  });
  const rounding = 8 * Number.EPSILON * Math.max(...multipliers.map(Math.abs));
  return q.reduce((sum, p, i) => sum + p * g[i], 0) - Math.max(...excess) - rounding;
}

/**
 * Searches until no joint can be better by more than 1e-11 nats, or rounding ends the search.
 *
 * @param tables p(y, z₁) and p(y, z₂), each row-major over y and the source's states, with the same p(y).
 * @param labels Number of states of y.
 * @throws RangeError for more states than Newton's method can hold.
 */
export function leastInformative(
  tables: readonly [Float64Array, Float64Array],
  labels: number,
): LeastInformative {
  const problem = problemOf(tables, labels);
  if (problem.moves > MOST_MOVES) {
    throw new RangeError(
      `With these states there are ${problem.moves} ways to move probability, but at most ` +
        `${MOST_MOVES} can be searched: merge states of the label or of a source.`,
    );
  }
  let q = problem.start, found = negativeEntropy(problem, q), bound = -Infinity;
  if (problem.moves === 0) return { entropy: -found, gap: 0 }; // there is no other joint
  for (let t = 0.1; t > 1e-16 && found - bound > 1e-11; t /= 5) {
    for (let iteration = 0; iteration < 30; iteration++) {
      const slope = { gradient: gradientOf(problem, q, t), t };
      const newton = newtonStep(problem, q, slope);
      const at = newton && searchLine(problem, q, newton.step, t);
      if (at === undefined) break;
      q = at;
      found = Math.min(found, negativeEntropy(problem, q));
      if (newton!.decrement < 0.01) break;
    }
    bound = Math.max(bound, lowerBound(problem, q, { gradient: gradientOf(problem, q, t), t }));
  }
  return { entropy: -found, gap: Math.max(0, found - bound) };
}
