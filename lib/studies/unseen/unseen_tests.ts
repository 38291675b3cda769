/** What the benchmark asks: which detectors are tested on which pictures, and what a question takes together. */
import type { PersonScore } from "lib/evaluation/people_metrics.ts";
import type { Crop } from "lib/data/samples.ts";
import { distort, type Distortion } from "lib/media/distortions.ts";
import { createRandom } from "lib/random.ts";
import { SELF_BLENDED, STAND_INS } from "./unseen_crops.ts";

/** The distortions that test pictures are given, reals and fakes alike; nothing distorted is trained on. */
export const UNSEEN_DISTORTIONS: readonly Distortion[] = Object.freeze([
  { kind: "JQ", level: 3 },
  { kind: "GB", level: 1 },
  { kind: "GNC", level: 1 },
]);

/** A distortion's name in tables: kind and level, such as `"JQ 3"`; `"none"` for pictures as they are. */
export function distortionName(distortion: Distortion | undefined): string {
  return distortion ? `${distortion.kind} ${distortion.level}` : "none";
}

/** A test: fakes of these methods against the real pictures that they were made from. */
export interface UnseenTest {
  /** `"stand-ins"` for the four manipulations together, or a method. */
  readonly of: string;
  /** Of `distortionName`. */
  readonly distortion: string;
}

/** What is known of a test picture besides its scores. */
export interface TestedPicture {
  /** Whose picture it is, or was before it was changed. */
  readonly person: string;
  /** `"real"`, or what made the fake. */
  readonly method: string;
  /** Its name. */
  readonly path: string;
  /** Of a fake, the real picture's. */
  readonly source?: string;
}

/** The methods of a test. */
function methodsOf(of: string): readonly string[] {
  return of === "stand-ins" ? STAND_INS : [of];
}

/** The scores that a test rests on. */
export function scoresOf(
  tested: readonly TestedPicture[],
  logOdds: readonly number[],
  of: string,
): PersonScore[] {
  const methods = methodsOf(of);
  const sources = new Set(
    tested.filter(({ method }) => methods.includes(method)).map(({ source }) => source),
  );
  return tested.flatMap(({ person, method, path }, i) => {
    const isFake = methods.includes(method);
    if (!isFake && !sources.has(path)) return [];
    return [{ person, label: isFake ? 1 : 0, logOdds: logOdds[i] }];
  });
}

/** Tests whose metrics are averaged to answer a question. */
export interface UnseenQuestion {
  /** In a few words, for tables. */
  readonly name: string;
  /** What was trained on, and the test. */
  readonly parts: readonly (UnseenTest & { readonly setting: string })[];
}

const none = distortionName(undefined);

/** The questions, in the order of tables. */
export const UNSEEN_QUESTIONS: readonly UnseenQuestion[] = Object.freeze([
  {
    name: "unseen people",
    parts: [{ setting: "all", of: "stand-ins", distortion: none }],
  },
  {
    name: "unseen manipulations",
    parts: STAND_INS.map((method) => ({
      setting: `without ${method}`,
      of: method,
      distortion: none,
    })),
  },
  {
    name: "trained on self-blended",
    parts: [{ setting: SELF_BLENDED, of: "stand-ins", distortion: none }],
  },
  {
    name: "distorted pictures",
    parts: UNSEEN_DISTORTIONS.map((distortion) => ({
      setting: "all",
      of: "stand-ins",
      distortion: distortionName(distortion),
    })),
  },
]);

/**
 * A question by its name.
 *
 * @throws RangeError for a name that there is not.
 */
export function unseenQuestion(name: unknown): UnseenQuestion {
  const found = UNSEEN_QUESTIONS.find((question) => question.name === name);
  if (found) return found;
  const names = UNSEEN_QUESTIONS.map((question) => question.name).join(", ");
  throw new RangeError(`The benchmark has no question "${name}". Questions: ${names}.`);
}

/** Crops with a distortion, each in the same way whoever looks at it. */
export function distortedCrops(
  crops: readonly Crop[],
  distortion: Distortion,
): Promise<Crop[]> {
  return Promise.all(crops.map(async ({ image, sample }) => {
    const random = createRandom(1, "unseen distortion", distortionName(distortion), sample.path);
    return { image: await distort(image, distortion, random), sample };
  }));
}
