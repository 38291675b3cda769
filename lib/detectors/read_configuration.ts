/** Configurations out of files: plain values become a detector with its data's and training's settings. */
import { isRecord } from "lib/io/is_record.ts";
import { absentSettings, changeSettings, type SettingsRules } from "lib/settings/field_rules.ts";
import { DATA_RULES } from "lib/settings/data_settings.ts";
import { TRAINING_RULES } from "lib/settings/training_settings.ts";
import { type Configuration, type PlainConfiguration, vary } from "./configuration.ts";
import type { DetectorKind } from "./detector.ts";
import { fromFirstEdition, isFirstEdition } from "./first_edition.ts";
import { detectorKind } from "./register.ts";

/**
 * A part with all fields that its rules have, neither more nor less; what a record may lack is filled in.
 */
function wholePart<S extends object>(part: string, found: unknown, rules: SettingsRules<S>): S {
  if (!isRecord(found)) throw new TypeError(`The configuration has no part "${part}".`);
  const whole = { ...absentSettings(rules), ...found }, { fields } = rules;
  const missing = Object.keys(fields).filter((field) => !Object.hasOwn(whole, field));
  const strange = Object.keys(found).filter((field) => !Object.hasOwn(fields, field));
  if (missing.length + strange.length === 0) return whole as unknown as S;
  const told = [
    ...missing.length > 0 ? [`lacks ${missing.join(", ")}`] : [],
    ...strange.length > 0 ? [`has ${strange.join(", ")}, which this version does not know`] : [],
  ];
  throw new TypeError(`The configuration's part "${part}" ${told.join(" and ")}.`);
}

/**
 * The configuration that a file holds, as `plainConfiguration` wrote it, or as the first edition of the kit
 * did.
 *
 * @param written Parsed JSON or YAML.
 * @param own Kinds that are not in the register.
 * @throws RangeError for a detector that is not known, or a value out of range; TypeError for what is no
 * configuration, naming the parts and fields that are missing or strange.
 */
export function readConfiguration(
  written: unknown,
  own: readonly DetectorKind[] = [],
): Configuration {
  if (!isRecord(written)) throw new TypeError("A configuration is a record of settings.");
  const plain = isFirstEdition(written)
    ? fromFirstEdition(written)
    : written as unknown as PlainConfiguration;
  const { detector, data, training } = plain;
  if (!isRecord(detector) || typeof detector.name !== "string") {
    throw new TypeError("The configuration does not name its detector.");
  }
  const kind = detectorKind(detector.name, own);
  const found = wholePart(`detector ${detector.name}`, detector.settings, kind.rules);
  const parts = {
    data: wholePart("data", data, DATA_RULES),
    training: wholePart("training", training, TRAINING_RULES),
  };
  const settings = changeSettings(kind.rules, found, {}); // a kind takes right ones only
  return vary({ detector: kind.of(settings), ...parts }, {});
}
