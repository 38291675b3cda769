/** The report on scaling: what was measured, what it was computed from, and what came out, as tables and files. */
import { join } from "node:path";
import { writeWhole } from "lib/io/write_whole.ts";
import type { Machine } from "../machine.ts";
import { table } from "../report_table.ts";
import { summarise } from "../statistics.ts";
import { BETWEEN, WITHIN } from "./links.ts";
import { type MeasuredGroup, ringOf } from "./measure_scaling.ts";
import type { LoaderSpeed } from "./own_records.ts";
import { arrangements, ownRings, type ProjectedNetwork, STRONG, WEAK } from "./projected.ts";
import { type Gpu, stepSeconds } from "./projection.ts";
import type { CountedNetwork } from "./scaled_networks.ts";

/** All of it. */
export interface ScalingReport {
  /** Local date and time of the start. */
  readonly date: string;
  /** Where it was measured. */
  readonly machine: Machine;
  /** Load average before and after, and cores that others kept busy before; null where unknown. */
  readonly load: readonly [before: number, after: number];
  /** As said. */
  readonly busyCores: number | null;
  /** Side of the pictures and pictures of a step, as measured here, and repeats. */
  readonly measuredAt: { readonly side: number; readonly batch: number; readonly repeats: number };
  /** What was counted of the networks. */
  readonly counted: readonly CountedNetwork[];
  /** One process, then the groups. */
  readonly groups: readonly MeasuredGroup[];
  /** The GPU that is computed with. */
  readonly gpu: Gpu;
  /** The loader, where there is a report on it. */
  readonly loader?: LoaderSpeed;
  /** What follows. */
  readonly projected: readonly ProjectedNetwork[];
}

const ms = (seconds: number | undefined, digits = 1) =>
  seconds === undefined ? "" : (1000 * seconds).toFixed(digits);

/** A step's parts, alone and in groups. */
function partLines({ groups, measuredAt: { side, batch } }: ScalingReport): string[] {
  const [alone, ...others] = groups;
  const rows = (alone?.networks ?? []).map(({ name, nodes, seconds }) => {
    const { forward = 0, passes = 0, step = 0 } = seconds;
    return [
      name,
      `${nodes}`,
      ms(forward, 0),
      ms(passes - forward, 0),
      ms(step - passes, 0),
      ms(step, 0),
    ];
  });
  const joint = others.flatMap(({ size, networks }) =>
    networks.map(({ name, collectives, seconds }) => {
      const { passes = 0, reduce = 0, step = 0 } = seconds;
      const before = alone?.networks.find((of) => of.name === name)?.seconds;
      const update = before ? before.step! - before.passes! : 0;
      const hidden = Math.max(0, passes + reduce + Math.max(0, update) - step);
      return [
        ...[`${size}`, name, `${collectives}`, ms(passes, 0), ms(reduce, 0)],
        ...[ms(step, 0), `${Math.round(100 * Math.min(1, hidden / (reduce || 1)))} %`],
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

/** The mean over processes against its bytes. */
function reduceLines({ groups }: ScalingReport): string[] {
  const rows = groups.flatMap(({ size, allReduce }) =>
    allReduce.map(({ bytes, seconds }) => {
      const { median, lower, upper } = summarise(seconds);
      const rate = 2 * (size - 1) / size * bytes / median / 1e9;
      return [
        `${size}`,
        `${bytes}`,
        `${ms(median, 2)} (${ms(lower, 2)}–${ms(upper, 2)})`,
        rate.toPrecision(2),
      ];
    })
  );
  const rings = groups.filter(({ allReduce }) => allReduce.length > 1).map((group) => {
    const { latency, bytesPerSecond } = ringOf(group);
    return `${group.size} processes: ${ms(latency, 2)} ms for next to nothing, ` +
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

/** What the projection assumes. */
function assumptionLines({ gpu, counted, groups, loader }: ScalingReport): string[] {
  const alone = groups[0]?.networks ?? [];
  const rows = counted.map(({ name, side, learnt, macs, buckets, batchNorms }) => {
    const nodes = alone.find((of) => of.name === name)?.nodes ?? 0;
    const [one, many] = [8, STRONG].map((pictures) =>
      stepSeconds({ nodes, macs }, { pictures, gpu, growth: "launches" })
    );
    const perSecond = STRONG / many!;
    return [
      ...[name, `${side}`, (learnt / 1e6).toFixed(1), (macs / 1e9).toFixed(2), `${nodes}`],
      ...[
        `${buckets.length}`,
        (buckets.at(-1)! / 1e6).toFixed(1),
        `${batchNorms}`,
        ms(one, 0),
        ms(many, 0),
      ],
      ...[perSecond.toFixed(0), loader ? (perSecond / loader.perCore).toFixed(1) : ""],
    ];
  });
  const pair = groups.find(({ allReduce }) => allReduce.length > 1);
  const links = [...WITHIN, ...BETWEEN, ...pair ? [ownRings(pair, counted)] : []].map((link) => [
    ...[
      link.name,
      (link.bytesPerSecond / 1e9).toPrecision(3),
      (1e6 * link.startSeconds).toFixed(1),
    ],
    ...[(1e6 * link.hopSeconds).toFixed(1), link.source],
  ]);
  return [
    "## On paper",
    "",
    `A mean of B bytes over n devices takes start + 2 (n − 1) (hop + B / n / bandwidth). Gradients are packed: each ` +
    "collective holds up to 16 MiB, the last layers' first, and waits for the one before it. On a GPU both passes go on " +
    "beside it (NCCL has a stream of its own); a third of a step is the forward pass, and after it gradients are taken " +
    "to come in equal steps. " +
    `${gpu.name}: ${(1e6 * gpu.nodeSeconds).toFixed(1)} µs an operation to launch it, and ` +
    `${
      (gpu.flops / 1e12).toFixed(0)
    } Tflop/s of convolutions, both from the README's table; a step takes the longer ` +
    "of its launches and its arithmetic (three forward passes). Only the paper's step at batch 8 was measured there: " +
    "all else is computed.",
    "",
    ...table(["link", "GB/s", "start, µs", "hop, µs", "source"], links),
    "",
    ...table([
      ...[
        "network",
        "px",
        "million learnt",
        "GMACs",
        "operations",
        "collectives",
        "last one, MB",
        "batch norms",
      ],
      ...["ms a step of 8", `of ${STRONG}`, "pictures a second", "cores that load them"],
    ], rows),
    "",
    loader
      ? `The loader gives ${
        loader.perCore.toFixed(0)
      } JPEG crops of 224 pixels a second and core (${loader.report}).`
      : "No report of `bench-data` says how fast the loader is.",
    "",
  ];
}

/** What comes out. */
function resultLines({ groups, counted, projected }: ScalingReport): string[] {
  const pair = groups.find(({ allReduce }) => allReduce.length > 1);
  const sections = arrangements(pair && ownRings(pair, counted)).map(({ name }) => {
    const here = projected.filter(({ arrangement }) => arrangement === name);
    const rows = [...new Set(here.map(({ network }) => network))].map((network) => {
      const find = (wanted: Partial<ProjectedNetwork>) =>
        here.find((of) =>
          of.network === network &&
          Object.entries(wanted).every(([key, value]) =>
            of[key as keyof ProjectedNetwork] === value
          )
        )!;
      const usual = { scaling: "strong", growth: "launches", joinsNorm: false } as const;
      const strong = find(usual), linear = find({ ...usual, growth: "pictures" });
      const joined = find({ ...usual, joinsNorm: true }),
        weak = find({ ...usual, scaling: "weak" });
      const speed = ({ speedUp: { overlapped, apart } }: ProjectedNetwork) =>
        `${overlapped.toFixed(2)} (${apart.toFixed(2)})`;
      return [
        ...[network, ms(strong.own), ms(strong.collectives), ms(strong.exposed + strong.small)],
        ...[
          speed(strong),
          strong.limit,
          speed(linear),
          linear.limit,
          joined.speedUp.overlapped.toFixed(2),
        ],
        ...[speed(weak), weak.limit],
      ];
    });
    return [
      `### ${name}`,
      "",
      ...table([
        ...["network", "ms of its own", "collectives", "not hidden", `${STRONG} in all`, "limit"],
        ...["if pictures take what they take at 8", "limit", "joined batch norm"],
        ...[`${WEAK} each`, "limit"],
      ], rows),
      "",
    ];
  });
  return [
    `Times as fast as one GPU, with passes and collectives at once, in brackets one after the other: ${STRONG} pictures ` +
    `divided among all, and ${WEAK} for each. Milliseconds are of ${STRONG} pictures divided among all.`,
    "",
    ...sections.flat(),
  ];
}

/** The report as Markdown. */
export function scalingMarkdown(report: ScalingReport): string {
  const { date, machine, load, busyCores, groups } = report;
  const quiet = busyCores === null
    ? ""
    : `, other programs kept ${busyCores.toFixed(2)} cores busy before`;
  return [
    `# Scaling, ${date}`,
    "",
    `${machine.processor}, ${machine.cores} cores; load average ${load[0].toFixed(2)} before and ` +
    `${load[1].toFixed(2)} after${quiet}. TensorFlow ${groups[0]?.version ?? "unknown"}.`,
    "",
    ...partLines(report),
    ...reduceLines(report),
    ...assumptionLines(report),
    ...resultLines(report),
  ].join("\n");
}

/** Writes the report as JSON and Markdown under its date. @returns The Markdown's path. */
export async function writeScalingReport(report: ScalingReport, folder: string): Promise<string> {
  const name = `${report.date.replace(" ", "-").replace(":", "")}-scaling`;
  const files = {
    [`${name}.json`]: JSON.stringify(report, null, 2) + "\n",
    [`${name}.md`]: scalingMarkdown(report),
  };
  for (const [file, text] of Object.entries(files)) {
    await writeWhole(join(folder, file), new TextEncoder().encode(text));
  }
  return join(folder, `${name}.md`);
}
