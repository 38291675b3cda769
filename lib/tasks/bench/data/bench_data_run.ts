/** One run of the data bench, from making videos and crops to the report. Its packages are there after the set-up. */
import { join } from "node:path";
import { startEngine } from "lib/engine/engine.ts";
import type { Project } from "../../setup/project.ts";
import type { Report } from "../../setup/setup_report.ts";
import { describeMachine } from "../machine.ts";
import { WorkerProcess } from "../worker_process.ts";
import { writeCrops } from "./bench_crops.ts";
import { writeFaceCrops } from "./bench_faces.ts";
import { compareForging } from "./measure_forging.ts";
import { compareLoaders, measureWaiting, TRAININGS, type Waiting } from "./measure_loading.ts";
import { loaderPeer, type LoaderQuestions } from "./torch_loader.ts";
import { measurePreparing } from "./measure_prepare.ts";
import type { DataReport, LoaderCase } from "./bench_data_report.ts";

/** Sides of the files: as `prepare` writes them for pictures of 224 pixels, and larger ones. */
const SIDES = [224, 256];
/** Each takes seconds, and hardly differs from the next. */
const PREPARING_ROUNDS = 5;
const SIZE = 224, BATCH = 32, COUNT = 640;
/** Pairs take several times as long as pictures. */
const FORGING = { side: 224, size: 224, batch: 16, count: 192 };

/** Numbers of the DataLoader's processes that are tried. */
function processesTried(): number[] {
  const cores = navigator.hardwareConcurrency;
  return [1, cores, 2 * cores];
}

/** Times preparing, both loaders and both makers of pairs, `rounds` passes of each, then training. */
export async function runDataBench(
  rounds: number,
  { project, words, signal }: { project: Project; words: Report; signal: AbortSignal },
): Promise<DataReport> {
  const engine = await startEngine();
  const date = new Date().toLocaleString("sv").slice(0, 16), before = Deno.loadavg()[0];
  const folder = await Deno.makeTempDir({ prefix: "bench-data-" });
  try {
    words.say(`prepare, ${PREPARING_ROUNDS} rounds`);
    const preparing = await measurePreparing(PREPARING_ROUNDS, { folder, signal });
    await using peer = new WorkerProcess<LoaderQuestions>(loaderPeer(project), signal);
    const { version } = await peer.ask("describe", {});
    const files = await Promise.all(
      SIDES.map((side) => writeCrops(join(folder, `${side}`), { count: COUNT, side })),
    );
    const cases: LoaderCase[] = [], waiting: Waiting[] = [];
    for (const [i, side] of SIDES.entries()) {
      words.say(`${side} → ${SIZE} px, ${rounds} rounds of ${COUNT} crops a side`);
      const work = { size: SIZE, batch: BATCH };
      const processes = processesTried();
      const measured = await compareLoaders(files[i], { ...work, peer, rounds, processes, signal });
      cases.push({ side, ...work, count: COUNT, ...measured });
    }
    const { side, count, ...work } = FORGING;
    words.say(`self-blended pairs, ${rounds} rounds of ${count} crops a side`);
    const faces = await writeFaceCrops(join(folder, "faces"), { count, side });
    const made = await compareForging(faces, {
      ...work,
      peer,
      rounds,
      processes: processesTried(),
      signal,
    });
    for (const [name, configuration] of Object.entries(TRAININGS)) {
      words.say(`training, ${name}`);
      waiting.push(await measureWaiting(files[0], { name, configuration, signal }));
    }
    return {
      date,
      machine: describeMachine(),
      load: [before, Deno.loadavg()[0]],
      versions: [`TensorFlow ${engine.version} through Deno ${Deno.version.deno}`, version],
      preparing,
      cases,
      forging: { ...FORGING, ...made },
      waiting,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
