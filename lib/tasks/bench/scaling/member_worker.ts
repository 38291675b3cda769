/** A process of a group that computes together: answers `MemberQuestions`, one a line, until its input ends. */
import * as tf from "@tensorflow/tfjs";
import { vary } from "lib/detectors/configuration.ts";
import { meanOverDevices, membership } from "lib/engine/collectives.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { meetGroup } from "lib/engine/meet_group.ts";
import { configurationOf } from "../case_inputs.ts";
import type { MemberQuestions } from "./member_questions.ts";
import { stepPart } from "./step_parts.ts";
import { answerQuestions } from "../answer_questions.ts";

type Answers = {
  [Name in keyof MemberQuestions]: (
    request: MemberQuestions[Name][0],
  ) => Promise<MemberQuestions[Name][1]> | MemberQuestions[Name][1];
};

/** Seconds that the processes of a group wait for each other. */
const MEETING = 120;

/** Seconds of each of several runs; the first one, in which TensorFlow optimises, does not count. */
function timed(run: () => void, repeats: number): { seconds: number[] } {
  run();
  const seconds = Array.from({ length: repeats }, () => {
    const start = performance.now();
    run();
    return (performance.now() - start) / 1000;
  });
  return { seconds };
}

const answers: Answers = {
  async join({ rank, size, port, threads }) {
    const options = { intraOpThreads: threads, interOpThreads: threads };
    if (size === 1) return { version: (await startEngine(options)).version };
    const place = { rank, size, hostname: "127.0.0.1", port, purpose: "bench-scaling" };
    const met = await meetGroup({
      ...place,
      seconds: MEETING,
      ...rank === 0 ? { ownPort: port } : {},
    });
    const { version } = await startEngine({ ...options, group: met.group });
    met.watch();
    return { version };
  },

  async time({ case: one, part, repeats }) {
    // Batch norm of each device's own pictures, as `train --devices` has it.
    const own = { normDevices: membership().size };
    using ready = stepPart(part, one, vary(await configurationOf(one), own));
    const { nodes, collectives } = ready;
    return { nodes, collectives, ...timed(ready.run, repeats) };
  },

  allReduce({ bytes, repeats }) {
    const x = tf.zeros([Math.max(1, Math.round(bytes / 4))]);
    const mean = compile((x) => meanOverDevices(x), [x], { name: "all-reduce" });
    const found = timed(() => {
      const results = mean(x);
      results[0]!.dataSync();
      tf.dispose(results);
    }, repeats);
    mean.dispose();
    x.dispose();
    return found;
  },
};

async function main() {
  await answerQuestions(answers);
  Deno.exit(0); // whoever is in a group does not end by itself
}

if (import.meta.main) await main();
