/**
 * The thread in which the loader reads files, so that it goes on while the main thread is in a training
 * step. It reads what it is asked for in turn, a few pictures at once, and forgets what is called off.
 */
import { parentPort } from "node:worker_threads";
import { readImage } from "lib/data/image.ts";
import { ImageError } from "lib/data/image_error.ts";
import type { DecodeReply, DecodeRequest } from "./decoder.ts";

/** Pictures at once: as many as there are cores, and as many again whose bytes are being read. */
const AT_ONCE = 2 * navigator.hardwareConcurrency;

/** A request with what is left to do of it. */
interface Job extends DecodeRequest {
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly failures: DecodeReply["failures"][number][];
  begun: number;
  done: number;
}

const jobs: Job[] = [];
let busy = 0;

async function read(job: Job, place: number): Promise<void> {
  const { paths, size, pixels, failures } = job;
  try {
    const { data } = await readImage(paths[place], { size: { width: size, height: size } });
    pixels.set(data, place * size * size * 3);
  } catch (error) {
    const { problem, explanation } = error instanceof ImageError
      ? error
      : { problem: undefined, explanation: (error as Error).message };
    failures.push({ place, problem, explanation });
  }
  busy--;
  job.done++;
  if (job.done === paths.length) {
    failures.sort((a, b) => a.place - b.place);
    parentPort!.postMessage({ id: job.id, pixels, failures } satisfies DecodeReply, [
      pixels.buffer,
    ]);
  }
  fill();
}

/** Begins as many pictures as may be read at once, the oldest request's first. */
function fill(): void {
  while (busy < AT_ONCE && jobs.length > 0) {
    const job = jobs[0];
    busy++;
    void read(job, job.begun++); // its errors are in its reply
    if (job.begun === job.paths.length) jobs.shift();
  }
}

parentPort!.on("message", (asked: DecodeRequest | { callOff: number }) => {
  if ("callOff" in asked) {
    const at = jobs.findIndex(({ id }) => id === asked.callOff);
    if (at >= 0) jobs.splice(at, 1);
    return;
  }
  const { paths, size } = asked;
  jobs.push({
    ...asked,
    pixels: new Uint8Array(paths.length * size * size * 3),
    failures: [],
    begun: 0,
    done: 0,
  });
  fill();
});
