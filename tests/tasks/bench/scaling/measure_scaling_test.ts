/** The bench of scaling: what is counted of networks, groups of processes, and its report. */
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { describeMachine } from "lib/tasks/bench/machine.ts";
import {
  type MeasuredGroup,
  measureGroup,
  ringOf,
} from "lib/tasks/bench/scaling/measure_scaling.ts";
import { h100, loaderSpeed } from "lib/tasks/bench/scaling/own_records.ts";
import { projectAll } from "lib/tasks/bench/scaling/projected.ts";
import { countNetwork, SCALED } from "lib/tasks/bench/scaling/scaled_networks.ts";
import { parseScalingOptions } from "lib/tasks/bench/scaling/scaling_options.ts";
import {
  scalingMarkdown,
  type ScalingReport,
  writeScalingReport,
} from "lib/tasks/bench/scaling/scaling_report.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { inFolder } from "../../../in_folder.ts";

await startEngine({ intraOpThreads: 1, interOpThreads: 1 });

/** Small enough for a test, in its first preset. */
const TINY = { name: "Meso4", detector: "mesonet", changes: [] };

Deno.test("countNetwork: the collectives hold every gradient and running statistic, 16 MiB each at most", async () => {
  const resnet = SCALED.find(({ name }) => name === "ResNet-34")!;
  const { learnt, macs, batchNorms, buckets, side } = await countNetwork(resnet);
  assert.equal(batchNorms, 36);
  assert.ok(learnt > 21.2e6 && learnt < 21.3e6, `${learnt}`); // torchvision's 21,284,672 without its head
  const atSide = 3.66e9 * (side / 224) ** 2; // He et al. 2015: 3.6e9 at 224 px
  assert.ok(Math.abs(macs / atSide - 1) < 0.03, `${macs} at ${side}`);
  const statistics = 2 * 8512; // channels of all batch norms
  assert.equal(buckets.reduce((a, b) => a + b), 4 * (learnt + statistics));
  assert.ok(buckets.every((bytes) => bytes <= 2 ** 24) && buckets.length === 7);
});

Deno.test("measureGroup times parts and collectives of real processes; the report shows them", async () => {
  const work = { networks: [TINY], side: 64, batch: 2, bytes: [4, 1e6], repeats: 1 };
  const said: string[] = [];
  const surroundings = {
    ...{ cwd: PROJECT.root, signal: new AbortController().signal },
    say: (line: string) => void said.push(line),
  };
  const [alone, pair] = await Promise.all(
    [1, 2].map((size) => measureGroup(size, work, surroundings)),
  ) as [MeasuredGroup, MeasuredGroup];
  assert.deepEqual(alone.allReduce, []);
  const [one] = alone.networks, [two] = pair.networks;
  assert.equal(one!.collectives, 0);
  assert.ok(one!.nodes > 100 && one!.seconds.forward! > 0 && one!.seconds.step! > 0);
  assert.equal(two!.collectives, 1); // all of it fits into one
  assert.ok(two!.seconds.reduce! > 0);
  assert.ok(said.includes("2 processes, mean of 4 bytes"));
  const { latency, bytesPerSecond } = ringOf(pair);
  assert.ok(latency > 0 && Math.abs(bytesPerSecond) > 0);

  const counted = [await countNetwork(TINY)], gpu = h100(14.68e9);
  assert.ok(Math.abs(gpu.nodeSeconds - 9.7e-6) < 1e-7 && gpu.flops > 4e13 && gpu.flops < 5e13);
  const rings = {
    ...pair,
    allReduce: [{ bytes: 4, seconds: [1e-3] }, { bytes: 1e6, seconds: [11e-3] }],
  };
  const groups = [alone, rings], projected = projectAll(counted, { groups, gpu });
  assert.equal(new Set(projected.map(({ arrangement }) => arrangement)).size, 6);
  assert.ok(projected.every(({ speedUp }) => speedUp.overlapped > 0 && speedUp.overlapped <= 16));
  const report: ScalingReport = {
    ...{ date: "2026-11-28 11:00", machine: describeMachine(), load: [0.1, 2], busyCores: 0.05 },
    ...{ measuredAt: { side: 64, batch: 2, repeats: 1 }, counted, groups, gpu, projected },
    loader: { report: "a-data.json", perCore: 1000 },
  };
  const text = scalingMarkdown(report);
  for (
    const line of [
      /^\| 2 \| 1000000 \| 11\.00 /m,
      /1\.00 ms for next to nothing, 0\.10 GB/,
      /^\| Meso4 \| 256 /m,
    ]
  ) {
    assert.match(text, line);
  }
  await inFolder(async (folder) => {
    assert.equal(await writeScalingReport(report, folder), `${folder}/2026-11-28-1100-scaling.md`);
    assert.deepEqual(
      JSON.parse(await Deno.readTextFile(`${folder}/2026-11-28-1100-scaling.json`)),
      report,
    );
  });
});

Deno.test("loaderSpeed takes the newest report, by cores, and knows when there is none", async () => {
  await inFolder(async (folder) => {
    assert.equal(await loaderSpeed(folder), undefined);
    const rounds = (loader: number) => [{ loader, augmented: 1, peer: 1 }];
    for (const [name, speed] of [["2026-01-01-0900", 1], ["2026-02-01-0900", 3000]] as const) {
      const cases = [{ side: 256, size: 224, rounds: rounds(9) }, {
        side: 224,
        size: 224,
        rounds: rounds(speed),
      }];
      const report = JSON.stringify({ machine: { cores: 2 }, cases });
      await Deno.writeTextFile(`${folder}/${name}-data.json`, report);
    }
    assert.deepEqual(await loaderSpeed(folder), {
      report: "2026-02-01-0900-data.json",
      perCore: 1500,
    });
  });
});

Deno.test("parseScalingOptions: defaults, and what is refused", () => {
  assert.deepEqual(parseScalingOptions([]), { processes: [2, 4], repeats: 5, side: 128, batch: 2 });
  assert.equal(parseScalingOptions(["--help"]), "help");
  assert.throws(() => parseScalingOptions(["--processes", "1"]), /--processes is "1".*from 2/);
  assert.throws(() => parseScalingOptions(["--side", "100"]), /multiple of 32/);
});
