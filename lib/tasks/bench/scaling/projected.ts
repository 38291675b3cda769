/** The projections that a report shows: every network over every link, as one batch and with a part each. */
import type { MeasuredGroup } from "./measure_scaling.ts";
import { ringOf } from "./measure_scaling.ts";
import { BETWEEN, type Link, WITHIN } from "./links.ts";
import { type Gpu, type Growth, project, type Projection, type StepWork } from "./projection.ts";
import type { CountedNetwork } from "./scaled_networks.ts";

/** How many devices, joined by what. */
export interface Arrangement {
  /** In words. */
  readonly name: string;
  /** Devices in all. */
  readonly devices: number;
  /** Between them. */
  readonly link: Link;
}

/** A network in an arrangement. */
export interface ProjectedNetwork extends Projection {
  /** The network's name. */
  readonly network: string;
  /** The arrangement's. */
  readonly arrangement: string;
  /** Whether a batch of 256 is divided among all, or each has 64. */
  readonly scaling: "strong" | "weak";
  /** How steps grow. */
  readonly growth: Growth;
  /** Whether batch norm takes the statistics of all devices. */
  readonly joinsNorm: boolean;
}

/** The paper's batch, and a device's part of a batch that grows with the devices. */
export const STRONG = 256, WEAK = 64;

/**
 * TensorFlow's own rings, as this machine's processes have them over TCP to themselves: as fast as for the packed
 * means of the largest network that was timed; where none was, as for the largest tensor.
 */
export function ownRings(group: MeasuredGroup, counted: readonly CountedNetwork[]): Link {
  const { latency, bytesPerSecond: ofOneTensor } = ringOf(group);
  const packed = group.networks.flatMap(({ name, seconds: { reduce } }) => {
    const buckets = counted.find((of) => of.name === name)?.buckets;
    if (reduce === undefined || buckets === undefined) return [];
    const bytes = buckets.reduce((a, b) => a + b), rest = reduce - buckets.length * latency;
    return rest > 0 ? [{ bytes, rate: 2 * (group.size - 1) / group.size * bytes / rest }] : [];
  }).sort((a, b) => b.bytes - a.bytes);
  const bytesPerSecond = packed[0]?.rate ?? ofOneTensor;
  return {
    name: `TensorFlow's rings over TCP, as between ${group.size} processes here`,
    bytesPerSecond,
    hopSeconds: latency / (2 * (group.size - 1)),
    startSeconds: 0,
    source: "measured in this run",
  };
}

/** Four GPUs of a machine, and sixteen machines of one GPU each. */
export function arrangements(own: Link | undefined): Arrangement[] {
  const four = [...WITHIN, ...own ? [own] : []], sixteen = [...BETWEEN, ...own ? [own] : []];
  return [
    ...four.map((link) => ({ name: `4 GPUs, ${link.name}`, devices: 4, link })),
    ...sixteen.map((link) => ({ name: `16 machines, ${link.name}`, devices: 16, link })),
  ];
}

/** What a step consists of, from what was counted and measured. */
function workOf(
  { macs, buckets, batchNorms }: CountedNetwork,
  { alone, group, joinsNorm }: {
    alone: MeasuredGroup["networks"][number];
    group: MeasuredGroup["networks"][number] | undefined;
    joinsNorm: boolean;
  },
): StepWork {
  const ofNorms = joinsNorm ? 3 * batchNorms : 0; // mean and variance forwards, one for both gradients backwards
  const others = group === undefined ? 0 : group.collectives - buckets.length;
  return {
    nodes: alone.nodes,
    macs,
    buckets,
    small: ofNorms + Math.max(0, others),
  };
}

/** All of them. */
export function projectAll(
  counted: readonly CountedNetwork[],
  { groups, gpu }: { groups: readonly MeasuredGroup[]; gpu: Gpu },
): ProjectedNetwork[] {
  const [alone, ...others] = groups, pair = others[0];
  const own = pair && pair.allReduce.length > 1 ? ownRings(pair, counted) : undefined;
  const named = (group: MeasuredGroup | undefined, name: string) =>
    group?.networks.find((of) => of.name === name);
  return counted.flatMap((network) => {
    const measured = named(alone, network.name);
    if (measured === undefined) return [];
    const one = (
      { name, devices, link }: Arrangement,
      how: Pick<ProjectedNetwork, "scaling" | "growth" | "joinsNorm">,
    ): ProjectedNetwork => {
      const { growth, joinsNorm, scaling } = how;
      const work = workOf(network, {
        alone: measured,
        group: named(pair, network.name),
        joinsNorm,
      });
      const amount = scaling === "strong"
        ? { pictures: STRONG, reference: STRONG }
        : { pictures: WEAK * devices, reference: WEAK };
      const found = project(work, { devices, link, gpu, growth, ...amount });
      return { network: network.name, arrangement: name, ...how, ...found };
    };
    return arrangements(own).flatMap((arrangement) => [
      one(arrangement, { scaling: "strong", growth: "launches", joinsNorm: false }),
      one(arrangement, { scaling: "strong", growth: "pictures", joinsNorm: false }),
      one(arrangement, { scaling: "strong", growth: "launches", joinsNorm: true }),
      one(arrangement, { scaling: "weak", growth: "launches", joinsNorm: false }),
    ]);
  });
}
