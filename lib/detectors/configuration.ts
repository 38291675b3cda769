/**
 * What a run computes, whole: a detector, the data's settings and the training's. `vary` is the only way
 * to change one, whichever part a field belongs to.
 */
import { DATA_RULES, type DataSettings } from "lib/settings/data_settings.ts";
import { changeSettings, effectiveSettings } from "lib/settings/field_rules.ts";
import { TRAINING_RULES, type TrainingSettings } from "lib/settings/training_settings.ts";
import type { Detector, DetectorKind, Loss, LossInputs } from "./detector.ts";
import { assertMicroBatches } from "./micro_batches.ts";
import { assertFrozen } from "./stages.ts";

/** Everything that decides what a run computes, but for the pictures. */
export interface Configuration<Settings extends object = object, Outputs = unknown> {
  /** The detector with its settings. */
  readonly detector: Detector<Settings, Outputs>;
  /** How batches are made. */
  readonly data: DataSettings;
  /** How it learns. */
  readonly training: TrainingSettings;
}

/** Changes of a configuration: fields of all its parts, whose names differ. */
export type Changes<Settings extends object = object> = Partial<
  Settings & DataSettings & TrainingSettings
>;

/**
 * A configuration like `base` but for `changes`.
 *
 * @throws TypeError for a field that does not exist, naming it and the fields that do.
 * @throws RangeError for a value outside its field's range, for a change of a field that has no effect
 * with the others as they are, unless exactly one of `epochs` and `steps` is above 0, for a stage to
 * freeze that the detector does not have, and for micro-batches that its loss or the batch does not allow.
 *
 * @example One change to the paper's settings
 * ```ts
 * import { vary } from "lib/detectors/configuration.ts";
 * import { PAPER } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(vary(PAPER, { blocks: 3 }).detector.settings.blocks, 3);
 * assert.equal(PAPER.detector.settings.blocks, 4);
 * assert.throws(() => vary(PAPER, { blocks: 0 }), /blocks is 0.*from 1 to 8/);
 * assert.throws(() => vary(PAPER, { alpha: 2 }), /alpha.*no effect/);
 * ```
 */
export function vary<Settings extends object, Outputs>(
  base: Configuration<Settings, Outputs>,
  changes: Changes<Settings>,
): Configuration<Settings, Outputs> {
  const { kind } = base.detector;
  const fieldsOf = {
    detector: kind.rules.fields,
    data: DATA_RULES.fields,
    training: TRAINING_RULES.fields,
  };
  const ofPart = { detector: {}, data: {}, training: {} } as Record<
    string,
    Record<string, unknown>
  >;
  for (const [field, value] of Object.entries(changes)) {
    const part = Object.entries(fieldsOf).find(([, fields]) => Object.hasOwn(fields, field))?.[0];
    if (part === undefined) {
      const known = Object.entries(fieldsOf).map(([part, fields]) =>
        `${Object.keys(fields).join(", ")} (${part === "detector" ? kind.name : part})`
      );
      throw new TypeError(
        `The configuration has no field "${field}". Fields: ${known.join("; ")}.`,
      );
    }
    ofPart[part][field] = value;
  }
  const settings = changeSettings(
    kind.rules,
    base.detector.settings,
    ofPart.detector as Partial<Settings>,
  );
  const detector = kind.of(settings);
  const training = changeSettings(TRAINING_RULES, base.training, ofPart.training);
  const data = changeSettings(DATA_RULES, base.data, ofPart.data);
  assertFrozen(detector, training);
  assertMicroBatches(detector, { data, training });
  return Object.freeze({ detector, data, training });
}

/**
 * A kind's ready-made configuration.
 *
 * @param name Of the kind's `presets`; default: the first.
 * @throws RangeError for another name, with the names there are.
 */
export function presetOf<Settings extends object, Outputs>(
  kind: DetectorKind<Settings, Outputs>,
  name: string = Object.keys(kind.presets)[0],
): Configuration<Settings, Outputs> {
  if (!Object.hasOwn(kind.presets, name)) {
    const names = Object.keys(kind.presets).join(", ");
    throw new RangeError(`${kind.name} has no preset "${name}". Presets: ${names}.`);
  }
  const { detector, data, training } = kind.presets[name];
  return vary({ detector: kind.of(detector), data, training }, {});
}

/** A configuration as plain values, for files. */
export interface PlainConfiguration {
  /** The detector's kind and its settings. */
  readonly detector: {
    readonly name: string;
    readonly settings: Readonly<Record<string, unknown>>;
  };
  /** All fields of the data's settings. */
  readonly data: DataSettings;
  /** All fields of the training's settings. */
  readonly training: TrainingSettings;
}

/** The configuration as plain values; `readConfiguration` makes it one again. */
export function plainConfiguration(configuration: Configuration): PlainConfiguration {
  const { detector: { kind, settings }, data, training } = configuration;
  return { detector: { name: kind.name, settings: { ...settings } }, data, training };
}

/**
 * All fields that decide something, by part and name (`"training.seed"`), in alphabetical order: what
 * hashes and comparisons of configurations rest on.
 */
export function effectiveFields(configuration: Configuration): [string, unknown][] {
  const { detector: { kind, settings }, data, training } = configuration;
  const parts = {
    detector: { kind: kind.name, ...effectiveSettings(kind.rules, settings) },
    data: effectiveSettings(DATA_RULES, data),
    training: effectiveSettings(TRAINING_RULES, training),
  };
  return Object.entries(parts)
    .flatMap(([part, fields]) =>
      Object.entries(fields).map(([name, value]): [string, unknown] => [`${part}.${name}`, value])
    )
    .sort(([a], [b]) => a < b ? -1 : 1);
}

/**
 * A configuration whose detector is trained for another loss; `vary` keeps it. The loss is a function,
 * so records do not hold it: name the run after it.
 *
 * @example The head behind the bottleneck alone
 * ```ts
 * import { withLoss } from "lib/detectors/configuration.ts";
 * import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
 * import { crossEntropy } from "lib/losses/cross_entropy.ts";
 *
 * const plain = withLoss(SMOKE, ({ forward, targets }) => {
 *   const total = crossEntropy(forward().global, targets.classes);
 *   return { total, terms: { crossEntropy: total } };
 * });
 * ```
 */
export function withLoss<Settings extends object, Outputs>(
  configuration: Configuration<Settings, Outputs>,
  loss: (inputs: LossInputs<Outputs>, settings: Readonly<Settings>) => Loss,
): Configuration<Settings, Outputs> {
  const original = configuration.detector.kind;
  const kind: DetectorKind<Settings, Outputs> = Object.freeze({
    ...original,
    of: (settings: Settings): Detector<Settings, Outputs> => {
      const { microBatches: _, ...detector } = original.of(settings); // of another loss nobody has said
      return Object.freeze({
        ...detector,
        kind,
        loss: (inputs: LossInputs<Outputs>) => loss(inputs, settings),
      });
    },
  });
  return vary({ ...configuration, detector: kind.of(configuration.detector.settings) }, {});
}
