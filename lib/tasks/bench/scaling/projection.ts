/** What several GPUs would give, computed: a step of one, the collectives beside it, and what is in the way. */
import { type Link, ringSeconds } from "./links.ts";

/** A GPU as far as a step's time follows from it. */
export interface Gpu {
  /** Its name. */
  readonly name: string;
  /** Seconds from one operation of the captured step to the next, however small: launching it. */
  readonly nodeSeconds: number;
  /** Operations a second, 2 a multiply-add, that convolutions have reached at best. */
  readonly flops: number;
}

/** What a network's step is made of. */
export interface StepWork {
  /** Operations of the captured step. */
  readonly nodes: number;
  /** Multiply-adds of one picture's forward pass. */
  readonly macs: number;
  /** Bytes of each collective of a step, in the order in which they are begun. */
  readonly buckets: readonly number[];
  /** Small collectives more that no arithmetic hides, such as those of joined batch norm: how many a step. */
  readonly small: number;
}

/**
 * How a step grows with its pictures: `"launches"`: it takes the longer of its launches, which are as many for
 * every batch, and its arithmetic; `"pictures"`: each picture takes what it took where launches were measured,
 * at batch 8.
 */
export type Growth = "launches" | "pictures";

/** Pictures of the step whose launches were measured. */
const MEASURED_AT = 8;

/** A training step counts as three forward passes, of which one is the forward one. */
const PASSES = 3;

/** Seconds of a step of one GPU. */
export function stepSeconds(
  { nodes, macs }: Pick<StepWork, "nodes" | "macs">,
  { pictures, gpu, growth }: { pictures: number; gpu: Gpu; growth: Growth },
): number {
  const launches = nodes * gpu.nodeSeconds;
  if (growth === "pictures") return launches * pictures / MEASURED_AT;
  return Math.max(launches, 2 * PASSES * macs * pictures / gpu.flops);
}

/** Several devices on paper. */
export interface Projection {
  /** Seconds of a step's own work on each device. */
  readonly own: number;
  /** Seconds of its collectives, one after the other. */
  readonly collectives: number;
  /** Seconds of them that are left when the backward pass is done, where both go on at once. */
  readonly exposed: number;
  /** Seconds of joined batch norm's collectives, which nothing hides. */
  readonly small: number;
  /** How many times as fast as one device with all pictures: with the overlap, and where there is none. */
  readonly speedUp: { readonly overlapped: number; readonly apart: number };
  /** What takes most of what is lost. */
  readonly limit: "launches" | "bandwidth" | "latency" | "nothing";
}

/** A loss below this share of a step is none. */
const LOST = 0.05;

/**
 * Seconds after which a chain of collectives is done: each waits for the one before it, and for its gradients. These
 * are there in equal steps from the end of the forward pass on.
 */
function chainEnd(seconds: readonly number[], { forward, end }: { forward: number; end: number }) {
  return seconds.reduce(
    (free, own, i) => Math.max(free, forward + (end - forward) * (i + 1) / seconds.length) + own,
    0,
  );
}

/**
 * A step on `devices` GPUs.
 *
 * @param options `pictures`: of all devices together; `reference`: with how many one device is compared, per
 * picture (the same for strong scaling).
 */
export function project(
  work: StepWork,
  { devices, link, gpu, growth, pictures, reference = pictures }: {
    devices: number;
    link: Link;
    gpu: Gpu;
    growth: Growth;
    pictures: number;
    reference?: number;
  },
): Projection {
  const own = stepSeconds(work, { pictures: pictures / devices, gpu, growth });
  const alone = stepSeconds(work, { pictures: reference, gpu, growth }) * pictures / reference;
  const each = work.buckets.map((bytes) => ringSeconds(bytes, devices, link));
  const collectives = each.reduce((sum, seconds) => sum + seconds, 0);
  const exposed = Math.max(0, chainEnd(each, { forward: own / PASSES, end: own }) - own);
  const small = work.small * ringSeconds(0, devices, link);
  const lasting = ringSeconds(0, devices, link) * work.buckets.length / (collectives || 1);
  const lost = {
    launches: own - alone / devices,
    bandwidth: exposed * (1 - lasting),
    latency: exposed * lasting + small,
  };
  const [[limit, most]] = Object.entries(lost).sort(([, a], [, b]) => b - a);
  return {
    own,
    collectives,
    exposed,
    small,
    speedUp: {
      overlapped: alone / (own + exposed + small),
      apart: alone / (own + collectives + small),
    },
    limit: most < LOST * (own + exposed + small) ? "nothing" : limit as Projection["limit"],
  };
}
