/** What a person does after `prepare` or `doctor`: the last line of both. */
import type { Description } from "lib/data/descriptions.ts";
import { type ClassCounts, missingClass, trainingFault } from "lib/data/training_use.ts";

/** A path or name as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w./@%+=:,\\-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What is said of a data set that lacks one class; undefined where it has both, or nothing. */
export function oneClassLine(counts: ClassCounts): string | undefined {
  const lacks = missingClass(counts);
  if (lacks === undefined) return undefined;
  const there = lacks === "real" ? "fake" : "real";
  return `THERE IS NOTHING ${lacks.toUpperCase()} IN IT, only ${there}s: a detector can neither be ` +
    `trained nor measured on that. Were files of the other class left out? Add what is ${lacks}, and run ` +
    "the same command again." +
    (lacks === "fake"
      ? " Or make fakes of them: prepare with --landmarks, then deno task forge."
      : "");
}

/** Whether there are only reals, with the landmarks that fakes are made by: then no class is missing. */
export function isForForging(counts: ClassCounts, hasLandmarks: boolean): boolean {
  return hasLandmarks && missingClass(counts) === "fake";
}

/**
 * What to do with a manifest.
 *
 * @param options `hasLandmarks`: whether they are kept beside the crops.
 */
export function afterManifest(
  manifest: string,
  { counts, description, hasLandmarks = false }: {
    readonly counts: ClassCounts;
    readonly description: Pick<Description, "reader">;
    readonly hasLandmarks?: boolean;
  },
): string {
  const path = shellWord(manifest);
  if (isForForging(counts, hasLandmarks)) {
    const forge =
      `There are only reals, with the landmarks that fakes are made by. Next: deno task forge ${path} ` +
      "--out <folder>";
    return counts.train.real > 0
      ? `${forge}, or fakes made while it trains: deno task train --data ${path} --set forge=SBI`
      : `${forge}. ${trainingFault(counts, description)}`;
  }
  const fault = trainingFault(counts, description);
  const { test } = counts;
  const measure = test.real > 0 && test.fake > 0
    ? `deno task evaluate <run> --data ${path}`
    : undefined;
  if (fault !== undefined) {
    return measure === undefined
      ? `Next: ${fault}`
      : `${fault} Next, to measure a detector: ${measure}`;
  }
  const { validation: { real, fake } } = counts;
  const unvalidated = real > 0 && fake > 0
    ? ""
    : "There is nothing real and fake for validation, so the last step's detector will be kept. ";
  const then = measure === undefined ? "" : `, then ${measure}`;
  return `${unvalidated}Next: deno task train --data ${path}${then}`;
}
