/**
 * What joins devices, as NCCL itself reckons when it chooses how to sum: `src/graph/tuning.cc` at commit b647562
 * (microseconds of the ring with the protocol Simple) and `src/graph/topo.h` at 069a3d4
 * (bandwidths in GB/s), both github.com/NVIDIA/nccl. None of it was measured here.
 */

/** A way from one device to the next of a ring. */
export interface Link {
  /** Such as "NVLink 4". */
  readonly name: string;
  /** Bytes a second in one direction. */
  readonly bytesPerSecond: number;
  /** Seconds from one device to the next, however little is sent. */
  readonly hopSeconds: number;
  /** Seconds until a collective has begun. */
  readonly startSeconds: number;
  /** Where the numbers are from. */
  readonly source: string;
}

/** `baseLat`, ring, Simple. */
const START = 8.4e-6;

/** Between the GPUs of one machine. */
export const WITHIN: readonly Link[] = Object.freeze([
  {
    name: "NVLink 4 (H100 SXM)",
    bytesPerSecond: 18 * 20.6e9,
    hopSeconds: 3.4e-6,
    startSeconds: START,
    source:
      "18 links of SM90_NVLINK_BW 20.6, hwLat 3.4; NVIDIA's data sheet says 900 GB/s for both directions",
  },
  {
    name: "PCIe 5.0 x16",
    bytesPerSecond: 48e9,
    hopSeconds: 5.7e-6,
    startSeconds: START,
    source:
      "four times PCI_BW 12 (Gen3 x16), hwLat 5.7; the data sheet says 128 GB/s for both directions",
  },
]);

/** Between machines. */
export const BETWEEN: readonly Link[] = Object.freeze([
  {
    name: "100 Gb/s (EDR InfiniBand, Ethernet)",
    bytesPerSecond: 12e9,
    hopSeconds: 14e-6,
    startSeconds: START,
    source: "NET_BW 12 (100Gbit), hwLat 14",
  },
  {
    name: "400 Gb/s (NDR InfiniBand, Ethernet)",
    bytesPerSecond: 48e9,
    hopSeconds: 14e-6,
    startSeconds: START,
    source:
      "four times NET_BW, hwLat 14; the rate is that of ConnectX-7 (docs.nvidia.com, ConnectX7VPI)",
  },
]);

/**
 * Seconds in which `devices` in a ring have the sum of what each of them has: each sends 2 (n − 1) pieces of
 * `bytes` / n to the next one.
 *
 * @param bytes Of one device; 0 or more.
 */
export function ringSeconds(bytes: number, devices: number, link: Link): number {
  if (devices === 1) return 0;
  const hops = 2 * (devices - 1);
  return link.startSeconds + hops * (link.hopSeconds + bytes / devices / link.bytesPerSecond);
}
