/**
 * Many pairs at once, made in as many threads as there are cores: forging is work for processors, not
 * files to be waited for. All loaders share the threads: they start with the first pairs and stay.
 */
import { libraryInUse } from "lib/engine/engine.ts";
import { Thread } from "lib/io/thread.ts";
import type { ForgeFailure, ForgeQuestion, ForgeReply, PairQuestion } from "./forge_worker.ts";
import { openQuestions } from "./questions.ts";

/** Pairs that were asked for. */
export interface MadePairs extends Omit<ForgeReply, "id"> {
  /** In the order of the pairs. */
  readonly failures: readonly ForgeFailure[];
}

/** A way to the threads; disposing of it is that of `Questions`. */
export interface PairMaker extends AsyncDisposable {
  /** Pairs, or why not. */
  make(pairs: readonly PairQuestion[]): { result: Promise<MadePairs>; callOff(): void };
}

const threads: Thread<ForgeQuestion, ForgeReply>[] = [];

function thread(nth: number): Thread<ForgeQuestion, ForgeReply> {
  const found = threads[nth];
  if (found && !found.ended) return found;
  return threads[nth] = new Thread(new URL("./forge_worker.ts", import.meta.url), {
    what: "makes fakes",
  });
}

/** The buffers of faces in memory, which go to the thread. */
const buffersOf = ({ target, donor }: PairQuestion) =>
  [target, donor?.source].flatMap((face) => face && "pixels" in face ? [face.pixels] : []);

/** Puts what threads made of every `shares.length`-th pair into the pairs' order. */
function joined(
  shares: readonly ForgeReply[],
  { count, size }: { count: number; size: number },
): MadePairs {
  const area = size * size;
  const pixels = new Uint8Array(count * 6 * area), masks = new Uint8Array(count * area);
  const failures: ForgeFailure[] = [];
  shares.forEach((share, nth) => {
    for (let own = 0, pair = nth; pair < count; own++, pair += shares.length) {
      pixels.set(share.pixels.subarray(own * 6 * area, (own + 1) * 6 * area), pair * 6 * area);
      masks.set(share.masks.subarray(own * area, (own + 1) * area), pair * area);
    }
    for (const failure of share.failures) {
      failures.push({ ...failure, pair: failure.pair * shares.length + nth });
    }
  });
  return { pixels, masks, failures: failures.sort((a, b) => a.pair - b.pair) };
}

/**
 * A way to the threads that make pairs.
 *
 * @param options `size`: side of the results in pixels.
 */
export function openPairMaker({ size }: { size: number }): PairMaker {
  const questions = openQuestions<ForgeQuestion, ForgeReply>();
  const make: PairMaker["make"] = (pairs) => {
    const shares = Math.min(navigator.hardwareConcurrency, pairs.length);
    const answers = Array.from({ length: shares }, (_, nth) => {
      const own = pairs.filter((_, pair) => pair % shares === nth);
      const question = { pairs: own, size, library: libraryInUse() };
      return questions.ask(() => thread(nth), question, own.flatMap(buffersOf));
    });
    const result = Promise.all(answers.map((answer) => answer.result))
      .then((replies) => joined(replies, { count: pairs.length, size }));
    result.catch(() => {}); // it may be met late, or never
    return { result, callOff: () => answers.forEach((answer) => answer.callOff()) };
  };
  return { make, [Symbol.asyncDispose]: () => questions[Symbol.asyncDispose]() };
}
