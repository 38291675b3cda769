/**
 * Batches whose fakes are made on the way: real pictures in, pairs out, the real one and its fake side by
 * side. What is drawn for a pair follows from seed, step and its place in the batch alone, so it is the same
 * for any number of threads, read ahead or not, and after a run was resumed.
 */
import type { Membership } from "lib/engine/collectives.ts";
import type { Sample } from "lib/data/samples.ts";
import type { Forger } from "lib/forgeries/forger.ts";
import { forgerOf } from "lib/forgeries/forgers.ts";
import { UnfitFile } from "lib/io/unfit_file.ts";
import { ImageError } from "lib/media/image_error.ts";
import { createRandom } from "lib/random.ts";
import { forgersAskedFor } from "lib/settings/data_settings.ts";
import { type BatchSettings, type Pictures, takePictures } from "../batches.ts";
import { planShare } from "../device_share.ts";
import { madePairOrder } from "../epoch_order.ts";
import { numberedPeople } from "../numbered_people.ts";
import { type ChosenDonor, openDonorPool } from "./donor_pool.ts";
import type { ForgeFailure, PairQuestion } from "./forge_worker.ts";
import { type MadePairs, openPairMaker } from "./pair_maker.ts";
import type { BegunBatch } from "./read_ahead.ts";
import type { RealFaces } from "./real_faces.ts";
import { leftOutWords, type Unreadable } from "./substitutes.ts";

/** What a source of made pairs has besides its batches. */
export interface ForgedPairs extends AsyncDisposable {
  /** Steps in one pass over the real pictures. */
  readonly batchesPerEpoch: number;
  /** The forgers' names in alphabetical order; a fake's number is its place from 1. */
  readonly methods: readonly string[];
  /** What was left out so far, each once. */
  readonly unreadable: readonly Unreadable[];
  /** Begins the batch of a step. @throws RangeError when the step is not a whole number from 0. */
  begin(step: number): BegunBatch;
}

/** A pair on its way: what it is made of, and what was tried before. */
interface Pair {
  /** Its place among the pairs of the whole batch: what is drawn for it follows from that. */
  readonly place: number;
  /** Its place among those that are made here. */
  readonly at: number;
  readonly forger: Forger;
  /** Places of the real pictures that were tried for it; the last one is at work. */
  readonly targets: number[];
  /** Places of donors that cannot be read. */
  readonly without: Set<number>;
  donor: ChosenDonor | undefined;
}

/** The error for a pair that could not be made. */
function errorOf({ fault, problem, explanation }: ForgeFailure, { path }: Sample): Error {
  switch (fault) {
    case "picture":
      return new ImageError(problem!, path, explanation);
    case "landmarks":
      return new UnfitFile(explanation);
    case "face":
      return new RangeError(`No fake can be made of ${JSON.stringify(path)}: ${explanation}`);
    case "other":
      return new Error(`Cannot make a fake of ${JSON.stringify(path)}: ${explanation}`);
  }
}

/**
 * Pairs of these faces.
 *
 * @param options As `openLoader` takes them. For a picture that cannot be read or forged "skip" takes the next
 * real one of the list, or another donor, for the pair at hand.
 * @throws RangeError for a forger that there is not, or a batch of odd size.
 */
export function openForgedPairs(
  faces: RealFaces,
  { settings, share, ...options }: {
    settings: BatchSettings;
    share: Membership;
    onUnreadable: "error" | "skip";
    notice: ((line: string) => void) | undefined;
  },
): ForgedPairs {
  const { data, training: { seed }, detector } = settings;
  const { onUnreadable, notice } = options, { input: { size }, wants, mostPeople } = detector;
  const methods = forgersAskedFor(data).sort(), forgers = methods.map(forgerOf);
  const order = madePairOrder(faces.places, { ...data, seed });
  const pool = openDonorPool(faces, { seed });
  const maker = openPairMaker({ size });
  const unreadable: Unreadable[] = [], told = new Set<number>();
  const people = wants.includes("identity")
    ? numberedPeople(Array.from(faces.places, (place) => faces.sample(place)), mostPeople)
    : undefined;
  /** The person at a place of the list. */
  const personAt = (place: number) => people!.numberOf(faces.sample(place));

  const question = async (pair: Pair, step: number): Promise<PairQuestion> => {
    const { place, forger, targets, without } = pair, target = targets.at(-1)!;
    pair.donor = forger.donor === "none" ? undefined : await pool.choose(target, {
      kind: forger.donor,
      random: createRandom(seed, "donor", step, place),
      without,
    });
    const { donor } = pair;
    return {
      forger: forger.name,
      target: faces.source(target),
      donor: donor && { source: faces.source(donor.place), mirrored: donor.mirrored },
      seed,
      step,
      place,
    };
  };
  const leftOut = (place: number, error: Error, instead: number) => {
    if (told.has(place)) return;
    told.add(place);
    const found = { sample: faces.sample(place), error, instead: faces.sample(instead) };
    unreadable.push(found);
    notice?.(leftOutWords(found));
  };
  /** Says of a pair that was made what was left out on the way to it. */
  const failures = new Map<Pair, [place: number, error: Error, whose: ForgeFailure["whose"]][]>();
  const settle = (pair: Pair) => {
    const { targets, donor } = pair;
    for (const [place, error, whose] of failures.get(pair) ?? []) {
      leftOut(place, error, whose === "donor" && donor ? donor.place : targets.at(-1)!);
    }
    failures.delete(pair);
  };
  /** Takes another real picture, or another donor, for a pair that could not be made. */
  const replace = (pair: Pair, failure: ForgeFailure) => {
    const { targets, without, donor } = pair, target = targets.at(-1)!;
    const place = failure.whose === "donor" ? donor!.place : target;
    const error = errorOf(failure, faces.sample(place));
    if (onUnreadable === "error" || failure.fault === "other") throw error;
    failures.set(pair, [...failures.get(pair) ?? [], [place, error, failure.whose]]);
    if (failure.whose === "donor") return void without.add(place);
    const { places } = faces;
    if (targets.length === places.length) {
      const [[, first]] = failures.get(pair)!;
      throw new RangeError(
        `Of no real sample a fake can be made. The first error: ${first.message}`,
      );
    }
    targets.push(places[(places.indexOf(target) + 1) % places.length]);
  };

  const begin = (step: number): BegunBatch => {
    const places = order.places(step);
    const { rows } = planShare({ count: places.length, step, settings, share });
    const needed = [...new Set(rows.map((row) => row >> 1))]; // pairs are made whole
    const pairs = needed.map((place, at): Pair => {
      const forger = forgers[createRandom(seed, "forger", step, place).integer(forgers.length)];
      const targets = [places[2 * place]];
      return { place, at, forger, targets, without: new Set(), donor: undefined };
    });
    let isCalledOff = false, asked: ReturnType<typeof maker.make> | undefined;
    const ask = async (of: readonly Pair[]): Promise<MadePairs> => {
      const questions = await Promise.all(of.map((pair) => question(pair, step)));
      if (isCalledOff) throw new Error("Nobody waits for this batch any more.");
      asked = maker.make(questions);
      return await asked.result;
    };
    const first = ask(pairs);
    first.catch(() => {}); // it may be met late, or never
    return {
      finish: async () => {
        const made = await first, area = size * size;
        for (let { failures: failed } = made, of = pairs; failed.length > 0;) {
          const again = failed.map((failure) => ({ pair: of[failure.pair], failure }));
          for (const { pair, failure } of again) replace(pair, failure);
          of = again.map(({ pair }) => pair);
          const more = await ask(of);
          of.forEach(({ at }, i) => {
            const pixels = more.pixels.subarray(i * 6 * area, (i + 1) * 6 * area);
            made.pixels.set(pixels, at * 6 * area);
            made.masks.set(more.masks.subarray(i * area, (i + 1) * area), at * area);
          });
          failed = more.failures;
        }
        pairs.forEach(settle);
        const madeRows = rows.map((row) => 2 * needed.indexOf(row >> 1) + row % 2);
        return takePictures(picturesOf(pairs, made), madeRows);
      },
      callOff: () => {
        isCalledOff = true;
        asked?.callOff();
      },
    };
  };
  /** The batch of pairs: real, fake, real, fake … */
  const picturesOf = (pairs: readonly Pair[], made: MadePairs): Pictures => {
    const count = 2 * pairs.length,
      area = size * size,
      each = <T>(of: (pair: Pair) => [T, T]) => pairs.flatMap(of);
    const masks = new Uint8Array(count * area);
    pairs.forEach(({ at }) =>
      masks.set(made.masks.subarray(at * area, (at + 1) * area), (2 * at + 1) * area)
    );
    return {
      pixels: made.pixels,
      width: size,
      height: size,
      labels: each(() => [0, 1]),
      indices: each(({ targets }) => [targets.at(-1)!, targets.at(-1)!]),
      ...wants.includes("mask") ? { masks } : {},
      ...wants.includes("method")
        ? { methods: each(({ forger }) => [0, methods.indexOf(forger.name) + 1]) }
        : {},
      ...wants.includes("pair") ? { partners: each(({ at }) => [2 * at + 1, 2 * at]) } : {},
      ...people
        ? {
          identities: pairs.flatMap(({ targets, donor }) => {
            const target = personAt(targets.at(-1)!);
            return [target, target, target, donor ? personAt(donor.place) : target];
          }),
        }
        : {},
    };
  };
  return {
    batchesPerEpoch: order.batchesPerEpoch,
    methods: wants.includes("method") ? methods : [],
    unreadable,
    begin,
    [Symbol.asyncDispose]: () => maker[Symbol.asyncDispose](),
  };
}
