/** Tables of what is computed of scaling: from what, and what comes out. */
import { inMilliseconds, table } from "../report_table.ts";
import { BETWEEN, WITHIN } from "./links.ts";
import type { MeasuredGroup } from "./measure_scaling.ts";
import type { LoaderSpeed } from "./own_records.ts";
import { arrangements, ownRings, type ProjectedNetwork, STRONG, WEAK } from "./projected.ts";
import { type Gpu, stepSeconds } from "./projection.ts";
import type { CountedNetwork } from "./scaled_networks.ts";

/** What the projection is computed from, and its results. */
export interface Projected {
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

/** What the projection assumes, as lines of Markdown. */
export function assumptionLines({ gpu, counted, groups, loader }: Projected): string[] {
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
        inMilliseconds(one, 0),
        inMilliseconds(many, 0),
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

/** What comes out, as lines of Markdown. */
export function resultLines({ groups, counted, projected }: Projected): string[] {
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
        ...[
          network,
          inMilliseconds(strong.own),
          inMilliseconds(strong.collectives),
          inMilliseconds(strong.exposed + strong.small),
        ],
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
