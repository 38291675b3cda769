/** One run of the bench of scaling, from counting the networks to the report. */
import { join } from "node:path";
import { startEngine } from "lib/engine/engine.ts";
import type { Project } from "../../setup/project.ts";
import type { Report } from "../../setup/setup_report.ts";
import { busyCores, describeMachine } from "../machine.ts";
import { type MeasuredGroup, measureGroup } from "./measure_scaling.ts";
import { h100, loaderSpeed } from "./own_records.ts";
import { projectAll } from "./projected.ts";
import type { ScalingOptions } from "./scaling_options.ts";
import type { ScalingReport } from "./scaling_report.ts";
import { type CountedNetwork, countNetwork, SCALED } from "./scaled_networks.ts";

/** Bytes of the collectives that are timed: a scalar, a layer's statistics, and up to the largest network. */
const BYTES = [4, 1e5, 1e6, 1e7, 1e8, 4e8];

/** The network that an H100 was measured with. */
const PAPERS = "PAPER, four blocks";

/** What is timed in groups: a plain network, and one whose loss asks for all devices' outputs. */
const GROUPED = ["ResNet-34", PAPERS];

/** Measures one process and each group, and computes the rest; after each, `save` has what there is so far. */
export async function runScaling(
  { processes, repeats, side, batch }: ScalingOptions,
  { project, words, signal, save }: {
    project: Project;
    words: Report;
    signal: AbortSignal;
    save: (report: ScalingReport) => Promise<void>;
  },
): Promise<ScalingReport> {
  const date = new Date().toLocaleString("sv").slice(0, 16);
  const before = Deno.loadavg()[0]!, busy = await busyCores();
  await startEngine();
  const counted: CountedNetwork[] = [];
  for (const network of SCALED) {
    words.passing(`counting ${network.name}`);
    signal.throwIfAborted();
    counted.push(await countNetwork(network));
  }
  const groups: MeasuredGroup[] = [], say = (line: string) => words.passing(line);
  const gpu = h100(counted.find(({ name }) => name === PAPERS)!.macs);
  const loader = await loaderSpeed(join(project.root, "results", "bench")),
    machine = describeMachine();
  const report = (): ScalingReport => ({
    ...{ date, machine, load: [before, Deno.loadavg()[0]!], busyCores: busy },
    ...{ measuredAt: { side, batch, repeats }, counted, groups, gpu },
    ...loader ? { loader } : {},
    projected: projectAll(counted, { groups, gpu }),
  });
  for (const size of [1, ...processes]) {
    const networks = SCALED.filter(({ name }) => size === 1 || GROUPED.includes(name));
    const work = { networks, side, batch, bytes: BYTES, repeats };
    groups.push(await measureGroup(size, work, { cwd: project.root, signal, say }));
    await save(report());
  }
  return report();
}
