/**
 * What the fields of a settings record may hold, which of them matters when, and the one way to change
 * them. Which fields there are is said by whoever owns the record: a detector, the data, the training.
 */

/** What one field may hold. */
export interface FieldRule<S extends object> {
  /** Whether the field may hold this value. */
  readonly allows: (value: unknown) => boolean;
  /** The same in words, after "must be": `"a whole number from 1 to 8"`. */
  readonly words: string;
  /**
   * When the field decides anything, where that depends on the others; `why` says what makes it idle,
   * after "because". A field without it always matters.
   */
  readonly matters?: { when(settings: S): boolean; readonly why: string };
  /**
   * Of a field that records did not always have: the value that they are read with, and at which hashes
   * and comparisons are as if there were no such field.
   */
  readonly absent?: unknown;
}

/** The fields of a record with their rules. */
export interface SettingsRules<S extends object> {
  /** One rule a field; there are no others. */
  readonly fields: { readonly [Field in keyof S]-?: FieldRule<S> };
  /** What single fields cannot say: the fault of a combination in a sentence, or undefined. */
  fault?(settings: S): string | undefined;
}

const inRange = (low: number, high: number) => (value: unknown) =>
  typeof value === "number" && value >= low && value <= high;

/** A number from `low` to `high`, ends included. */
export function numberRule(low: number, high: number): FieldRule<object> {
  return { allows: inRange(low, high), words: `a number from ${low} to ${high}` };
}

/** A number from `low` to below `limit`. */
export function numberBelowRule(low: number, limit: number): FieldRule<object> {
  return {
    allows: (value) => inRange(low, limit)(value) && value !== limit,
    words: `a number from ${low} to below ${limit}`,
  };
}

/** A whole number from `low` to `high`, where there is an end to tell; `step`: only its multiples. */
export function wholeNumberRule(low: number, high?: number, step = 1): FieldRule<object> {
  const within = inRange(low, high ?? Number.MAX_SAFE_INTEGER);
  const kind = step === 1 ? "a whole number" : `a multiple of ${step}`;
  return {
    allows: (value) => within(value) && (value as number) % step === 0,
    words: `${kind} from ${low}${high === undefined ? "" : ` to ${high}`}`,
  };
}

/** A text, `none`, or one or several of a few texts in any order, with "+" between. */
export function sumRule(none: string, ...allowed: readonly string[]): FieldRule<object> {
  const some = listRule(...allowed);
  return {
    allows: (value) => value === none || typeof value === "string" && some.allows(value.split("+")),
    words: `"${none}", or of ${allowed.join(", ")} one or several with "+" between`,
  };
}

/** One of a few texts. */
export function choiceRule(...allowed: readonly string[]): FieldRule<object> {
  const quoted = allowed.map((word) => `"${word}"`), last = quoted.pop()!;
  return {
    allows: (value) => allowed.includes(value as string),
    words: quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`,
  };
}

/** True or false. */
export function flagRule(): FieldRule<object> {
  return { allows: (value) => typeof value === "boolean", words: "true or false" };
}

/** A list without repeats, not empty, of a few texts. */
export function listRule(...allowed: readonly string[]): FieldRule<object> {
  return {
    allows: (value) =>
      Array.isArray(value) && value.length > 0 && new Set(value).size === value.length &&
      value.every((item) => allowed.includes(item)),
    words: `a list without repeats of ${allowed.map((word) => `"${word}"`).join(", ")}`,
  };
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const shown = (value: unknown) => typeof value === "number" ? String(value) : JSON.stringify(value); // JSON has no NaN

/** Whether a field decides anything in these settings. */
function fieldMatters<S extends object>(
  rules: SettingsRules<S>,
  settings: S,
  field: keyof S,
): boolean {
  const { absent, matters } = rules.fields[field];
  if (absent !== undefined && isSame(settings[field], absent)) return false;
  return matters?.when(settings) ?? true;
}

/** The fields that a record may lack, with the values that they then have. */
export function absentSettings<S extends object>(rules: SettingsRules<S>): Partial<S> {
  const fields = Object.entries(rules.fields) as [keyof S, FieldRule<S>][];
  return Object.fromEntries(
    fields.flatMap(([field, { absent }]) => absent === undefined ? [] : [[field, absent]]),
  ) as Partial<S>;
}

/**
 * A record like `base` but for `changes`, frozen. A field that the result does not depend on cannot be
 * changed: another number there would look like another experiment and be the same.
 *
 * @throws RangeError for a value outside its field's range, naming field, value and range; for a change
 * of a field that does not matter in the result, saying why; and for a combination that cannot be.
 *
 * @example
 * ```ts
 * import { changeSettings, choiceRule, numberRule } from "lib/settings/field_rules.ts";
 * import assert from "node:assert/strict";
 *
 * interface Weights { readonly weights: string; readonly alpha: number }
 * const rules = {
 *   fields: {
 *     weights: choiceRule("learnt", "fixed"),
 *     alpha: {
 *       ...numberRule(0, 10),
 *       matters: { when: ({ weights }: Weights) => weights === "fixed", why: "weights are learnt" },
 *     },
 *   },
 * };
 * const base: Weights = { weights: "learnt", alpha: 1 };
 * assert.equal(changeSettings(rules, base, { weights: "fixed", alpha: 2 }).alpha, 2);
 * assert.throws(() => changeSettings(rules, base, { alpha: 2 }), /no effect.*weights are learnt/);
 * ```
 */
export function changeSettings<S extends object>(
  rules: SettingsRules<S>,
  base: S,
  changes: Partial<S>,
): S {
  const result: S = { ...base, ...changes };
  for (const field of Object.keys(rules.fields) as (keyof S & string)[]) {
    const { allows, words, matters } = rules.fields[field], value = result[field];
    if (!allows(value)) {
      throw new RangeError(`Configuration: ${field} is ${shown(value)}, but must be ${words}.`);
    }
    if (!matters || isSame(value, base[field]) || matters.when(result)) continue;
    throw new RangeError(
      `Configuration: ${field} cannot be changed from ${shown(base[field])} to ${
        shown(value)
      }: it ` +
        `has no effect, because ${matters.why}.`,
    );
  }
  const fault = rules.fault?.(result);
  if (fault) throw new RangeError(`Configuration: ${fault}`);
  for (const [field, value] of Object.entries(result)) {
    if (Array.isArray(value)) {
      (result as Record<string, unknown>)[field] = Object.freeze([...value]);
    }
  }
  return Object.freeze(result);
}

/** The fields that decide something, as hashes and comparisons take them: two equal records compute the same. */
export function effectiveSettings<S extends object>(
  rules: SettingsRules<S>,
  settings: S,
): Partial<S> {
  const fields = Object.keys(rules.fields) as (keyof S)[];
  return Object.fromEntries(
    fields.filter((field) => fieldMatters(rules, settings, field)).map((field) => [
      field,
      settings[field],
    ]),
  ) as Partial<S>;
}
