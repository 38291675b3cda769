/** The benchmark's tables: metrics of each run, answers of each row, and differences between rows, seed by seed. */
import {
  measuredOnce,
  PEOPLE_METRICS,
  type PeopleInterval,
  peopleIntervals,
  type PeopleMetrics,
  type PeoplePlaces,
  placesOfPeople,
  type WeighedMetrics,
  weighedMetrics,
} from "lib/evaluation/people_metrics.ts";
import { createRandom } from "lib/random.ts";
import { intervalOf, type ResultRow } from "../paired_differences.ts";
import type { UnseenEffect } from "./unseen_effects.ts";
import { UNSEEN_ROWS } from "./unseen_rows.ts";
import { hasLearnt, type UnseenResult } from "./unseen_run.ts";
import {
  scoresOf,
  UNSEEN_QUESTIONS,
  type UnseenQuestion,
  unseenQuestion,
  type UnseenTest,
} from "./unseen_tests.ts";

const round = (value: number | undefined) =>
  value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(4));

/** How intervals over people are made. */
export interface TableOptions {
  /** Times that people are drawn. Default: 1000. */
  readonly resamples?: number;
}

/** The people of the test; they are the same in every run of one set of pictures. */
function peopleOf({ tested }: UnseenResult): PeoplePlaces {
  return placesOfPeople(tested.map(({ person }) => ({ person, label: 0, logOdds: 0 })));
}

/** A run's scores of a test, ready to be measured. */
function measureOf(result: UnseenResult, { of, distortion }: UnseenTest): WeighedMetrics {
  const scores = scoresOf(result.tested, result.logOdds[distortion], of);
  return weighedMetrics(scores, { threshold: result.threshold, places: peopleOf(result) });
}

/** All tests of a run: each method as it is, all stand-ins as they are and distorted. */
function testsOf({ tested, logOdds }: UnseenResult): UnseenTest[] {
  const methods = [...new Set(tested.map(({ method }) => method))].filter((m) => m !== "real");
  const [asTheyAre, ...distorted] = Object.keys(logOdds);
  return [
    ...["stand-ins", ...methods].map((of) => ({ of, distortion: asTheyAre })),
    ...distorted.map((distortion) => ({ of: "stand-ins", distortion })),
  ];
}

/** The metrics of a run, a row a test. */
export function testRows(result: UnseenResult): ResultRow[] {
  const { setting, row, seed, protocol, trainingAuc, validationAuc, parameters, seconds } = result;
  const people = peopleOf(result).size;
  return testsOf(result).map((test) => {
    const metrics = measuredOnce(measureOf(result, test), people);
    return {
      setting,
      row,
      seed,
      protocol,
      ...test,
      ...Object.fromEntries(PEOPLE_METRICS.map((name) => [name, round(metrics[name])])),
      training: round(trainingAuc),
      validation: round(validationAuc),
      learnt: hasLearnt(result) ? 1 : 0,
      parameters,
      seconds: round(seconds),
    };
  });
}

/** The results that answer a question for a row, by seed; seeds that lack a part are left out. */
function answersOf(
  results: readonly UnseenResult[],
  { parts }: UnseenQuestion,
  row: string,
): Map<number, { result: UnseenResult; of: WeighedMetrics }[]> {
  const own = results.filter((result) => result.row === row);
  const answers = new Map<number, { result: UnseenResult; of: WeighedMetrics }[]>();
  for (const seed of [...new Set(own.map(({ seed }) => seed))].sort((a, b) => a - b)) {
    const found = parts.flatMap((part) => {
      const result = own.find((one) => one.seed === seed && one.setting === part.setting);
      return result ? [{ result, of: measureOf(result, part) }] : [];
    });
    if (found.length === parts.length) answers.set(seed, found);
  }
  return answers;
}

/** One answer, or difference of answers, with both its intervals. */
function answer(
  bySeed: readonly { readonly of: WeighedMetrics; readonly factor: number }[][],
  { places, resamples }: { places: PeoplePlaces; resamples: number },
): Record<keyof PeopleMetrics, PeopleInterval & { half: number | undefined; count: number }> {
  const random = createRandom(1, "unseen people");
  const seeds = bySeed.length, people = places.size;
  const all = bySeed.flat().map(({ of, factor }) => ({ of, factor: factor / seeds }));
  const overPeople = peopleIntervals(all, { people, random, resamples });
  return Object.fromEntries(
    PEOPLE_METRICS.map((name) => {
      const each = bySeed.map((terms) =>
        terms.reduce((sum, { of, factor }) => sum + factor * measuredOnce(of, people)[name], 0)
      );
      const { half, count } = intervalOf(each);
      return [name, { ...overPeople[name], half, count }];
    }),
  ) as ReturnType<typeof answer>;
}

/**
 * The table: for each row and question each metric's mean over seeds, with half its 95 % interval over
 * seeds (Student's t) and its 95 % interval over people, and how many of the trainings did not learn. They
 * are in the mean: leaving them out would be a choice by result.
 */
export function answerRows(
  results: readonly UnseenResult[],
  { resamples = 1000 }: TableOptions = {},
): ResultRow[] {
  return UNSEEN_ROWS.flatMap(({ name }) =>
    UNSEEN_QUESTIONS.flatMap((question) => {
      const answers = answersOf(results, question, name);
      if (answers.size === 0) return [];
      const parts = [...answers.values()];
      const places = peopleOf(parts[0][0].result);
      const terms = parts.map((found) =>
        found.map(({ of }) => ({ of, factor: 1 / question.parts.length }))
      );
      const found = answer(terms, { places, resamples });
      const trainings = [...new Set(parts.flat().map(({ result }) => result))];
      const common = {
        row: name,
        question: question.name,
        seeds: answers.size,
        trainings: trainings.length,
        didNotLearn: trainings.filter((result) => !hasLearnt(result)).length,
      };
      return PEOPLE_METRICS.map((metric) => ({
        ...common,
        metric,
        value: round(found[metric].value),
        half: round(found[metric].half),
        low: round(found[metric].low),
        high: round(found[metric].high),
      }));
    })
  );
}

/** What an effect asks of its two sides. */
function questionsOf({ questions }: UnseenEffect): (readonly [UnseenQuestion, UnseenQuestion])[] {
  if (!questions) return UNSEEN_QUESTIONS.map((question) => [question, question]);
  return [[unseenQuestion(questions.with), unseenQuestion(questions.without)]];
}

/**
 * Differences of AUC, seed by seed: what people, pictures and order give to both rows drops out.
 *
 * @returns A row an effect and question that has seeds in common; the rest is missing. `question` is that of
 * the side with the change; where the other side answers another one, `against` names it.
 */
export function differenceRows(
  results: readonly UnseenResult[],
  effects: readonly UnseenEffect[],
  { resamples = 1000 }: TableOptions = {},
): ResultRow[] {
  return effects.flatMap((effect) =>
    questionsOf(effect).flatMap(([question, against]) => {
      const changed = answersOf(results, question, effect.with);
      const base = answersOf(results, against, effect.without);
      const seeds = [...changed.keys()].filter((seed) => base.has(seed));
      if (seeds.length === 0) return [];
      const terms = seeds.map((seed) => [
        ...changed.get(seed)!.map(({ of }) => ({ of, factor: 1 / question.parts.length })),
        ...base.get(seed)!.map(({ of }) => ({ of, factor: -1 / against.parts.length })),
      ]);
      const used = seeds.flatMap((seed) => [...changed.get(seed)!, ...base.get(seed)!]);
      const { AUC: { value, half, low, high } } = answer(terms, {
        places: peopleOf(used[0].result),
        resamples,
      });
      const failed = new Set(used.map(({ result }) => result).filter((one) => !hasLearnt(one)));
      return [{
        label: effect.label,
        with: effect.with,
        without: effect.without,
        question: question.name,
        ...against === question ? {} : { against: against.name },
        seeds: seeds.length,
        didNotLearn: failed.size,
        value: round(value),
        half: round(half),
        low: round(low),
        high: round(high),
      }];
    })
  );
}
