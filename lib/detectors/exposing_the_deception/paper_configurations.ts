/** The paper's detector in its ready-made configurations, as notebooks and studies begin with them. */
import { type Configuration, presetOf, vary } from "../configuration.ts";
import { type ExposingOutputs, exposingTheDeception } from "./exposing_the_deception.ts";
import type { ExposingSettings } from "./exposing_settings.ts";

/** A configuration of the paper's detector. */
export type ExposingConfiguration = Configuration<ExposingSettings, ExposingOutputs>;

/** The paper's equations and settings; where the paper is silent, the official code's. */
export const PAPER: ExposingConfiguration = presetOf(exposingTheDeception, "paper");

/** What the official code computes at its defaults. */
export const OFFICIAL_CODE: ExposingConfiguration = presetOf(exposingTheDeception, "officialCode");

/** Minutes on two cores. For looking, not for reporting. */
export const QUICK: ExposingConfiguration = presetOf(exposingTheDeception, "quick");

/** Seconds: proves that everything runs. Its numbers mean nothing. */
export const SMOKE: ExposingConfiguration = presetOf(exposingTheDeception, "smoke");

/** The paper's settings for a notebook, whose few pictures make epochs too short to count in. */
const FULL: ExposingConfiguration = vary(PAPER, { epochs: 0, steps: 10_000 });

/**
 * The configuration of a notebook's profile. All three count steps, not epochs.
 *
 * @param profile `"smoke"`, `"quick"` or `"full"`; default: the environment variable
 * `FORGERY_CLUES_PROFILE`, as `deno task notebooks --profile` sets it, else `"quick"`.
 * @throws RangeError for another profile.
 */
export function profileConfiguration(
  profile: string = Deno.env.get("FORGERY_CLUES_PROFILE") ?? "quick",
): ExposingConfiguration {
  const profiles: Record<string, ExposingConfiguration> = {
    smoke: SMOKE,
    quick: QUICK,
    full: FULL,
  };
  if (!Object.hasOwn(profiles, profile)) {
    const names = Object.keys(profiles).join(", ");
    throw new RangeError(`There is no profile "${profile}". Profiles: ${names}.`);
  }
  return profiles[profile];
}
