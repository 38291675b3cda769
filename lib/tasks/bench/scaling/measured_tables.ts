/** Tables of what was measured of scaling: the parts of a step, and the mean over processes. */
import { inMilliseconds, table } from "../report_table.ts";
import { summarise } from "../statistics.ts";
import { type MeasuredGroup, ringOf } from "./measure_scaling.ts";

/** How steps were measured here. */
export interface MeasuredAt {
  /** Side of the pictures, in pixels. */
  readonly side: number;
  /** Pictures of a step, on each device. */
  readonly batch: number;
  /** How often each was timed. */
  readonly repeats: number;
}

/** A step's parts, alone and in groups, as lines of Markdown. */
export function partLines(
  groups: readonly MeasuredGroup[],
  { side, batch }: MeasuredAt,
): string[] {
  const [alone, ...others] = groups;
  const rows = (alone?.networks ?? []).map(({ name, nodes, seconds }) => {
    const { forward = 0, passes = 0, step = 0 } = seconds;
    return [
      name,
      `${nodes}`,
      inMilliseconds(forward, 0),
      inMilliseconds(passes - forward, 0),
      inMilliseconds(step - passes, 0),
      inMilliseconds(step, 0),
    ];
  });
  const joint = others.flatMap(({ size, networks }) =>
    networks.map(({ name, collectives, seconds }) => {
      const { passes = 0, reduce = 0, step = 0 } = seconds;
      const before = alone?.networks.find((of) => of.name === name)?.seconds;
      const update = before ? before.step! - before.passes! : 0;
      const hidden = Math.max(0, passes + reduce + Math.max(0, update) - step);
      return [
        ...[
          `${size}`,
          name,
          `${collectives}`,
          inMilliseconds(passes, 0),
          inMilliseconds(reduce, 0),
        ],
        ...[inMilliseconds(step, 0), `${Math.round(100 * Math.min(1, hidden / (reduce || 1)))} %`],
      ];
    })
  );
  return [
    "## A step's parts, measured",
    "",
    `One process with one thread, ${batch} pictures of ${side} pixels, milliseconds; the update is what the whole ` +
    "step takes beyond both passes.",
    "",
    ...table(["network", "operations", "forward", "backward", "update", "step"], rows),
    "",
    "Groups of processes on this machine, one thread each, the same pictures in each. What is hidden of the means: " +
    "passes + means + update − step, as a share of the means. The batch norm of all devices would take three " +
    "collectives more for each batch norm.",
    "",
    ...table(
      ["processes", "network", "collectives", "both passes", "means", "step", "hidden"],
      joint,
    ),
    "",
  ];
}

/** The mean over processes against its bytes, as lines of Markdown. */
export function reduceLines(groups: readonly MeasuredGroup[]): string[] {
  const rows = groups.flatMap(({ size, allReduce }) =>
    allReduce.map(({ bytes, seconds }) => {
      const { median, lower, upper } = summarise(seconds);
      const rate = 2 * (size - 1) / size * bytes / median / 1e9;
      return [
        `${size}`,
        `${bytes}`,
        `${inMilliseconds(median, 2)} (${inMilliseconds(lower, 2)}–${inMilliseconds(upper, 2)})`,
        rate.toPrecision(2),
      ];
    })
  );
  const rings = groups.filter(({ allReduce }) => allReduce.length > 1).map((group) => {
    const { latency, bytesPerSecond } = ringOf(group);
    return `${group.size} processes: ${inMilliseconds(latency, 2)} ms for next to nothing, ` +
      `${(bytesPerSecond / 1e9).toPrecision(2)} GB/s from each to the next.`;
  });
  return [
    "## The mean over processes against its bytes, measured",
    "",
    "TensorFlow's rings over TCP on this machine; milliseconds, median of the slowest process with quartiles, and GB/s " +
    "by 2 (n − 1) / n · bytes.",
    "",
    ...table(["processes", "bytes", "ms", "GB/s"], rows),
    "",
    ...rings.flatMap((line) => [line, ""]),
  ];
}
