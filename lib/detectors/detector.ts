/**
 * The seam: what a detector is to all that trains, measures, explains or costs it. A detector is a value
 * made by a kind from settings; it has functions and no weights. How a kind is made is in
 * define_detector.ts.
 */
import type * as tf from "@tensorflow/tfjs";
import type { Want } from "lib/batches/batches.ts";
import type { Mode, Updates } from "lib/networks/layers.ts";
import type { Normalisation } from "lib/networks/normalise_images.ts";
import type { Parameters, ParameterSpecification } from "lib/networks/parameters.ts";
import type { TensorFile } from "lib/networks/weights/safetensors.ts";
import type { DataSettings } from "lib/settings/data_settings.ts";
import type { SettingsRules } from "lib/settings/field_rules.ts";
import type { TrainingSettings } from "lib/settings/training_settings.ts";

/** What a detector is fed. */
export interface DetectorInput {
  /** Side of the square pictures in pixels. */
  readonly size: number;
  /** How their pixels become numbers. */
  readonly normalisation: Normalisation;
}

/** What the pictures of a batch are. Fields after the first are there for detectors that want them. */
export interface Targets {
  /** `[batch, 2]`: probability of real and of fake; one-hot, or soft after mixup. */
  readonly classes: tf.Tensor2D;
  /** `[batch, size, size, 1]`, 0 to 1: how far each pixel was manipulated; 0 in real pictures. */
  readonly masks?: tf.Tensor4D;
  /** int32 `[batch]`: 0 for real, else the method's place, from 1, in the source's list of methods. */
  readonly methods?: tf.Tensor1D;
  /** int32 `[batch]`: place in the batch of each picture's partner; its own place where it has none. */
  readonly partners?: tf.Tensor1D;
  /**
   * int32 `[batch, 2]`: whose face was changed and whose face or motion it was changed by (target, source), as
   * numbers of the source's people from 0. Of a real picture both are its own person, and so they are of a fake
   * that names one alone. Mixup leaves them as they are, as it does methods.
   */
  readonly identities?: tf.Tensor2D;
}

/** What a loss is asked with. */
export interface LossInputs<Outputs> {
  /** `[batch, size, size, 3]`, augmented and normalised. */
  readonly images: tf.Tensor4D;
  /** What they are. */
  readonly targets: Targets;
  /** Parameters and training state by name, as variables; they are read, never assigned here. */
  readonly parameters: Parameters;
  /**
   * A pass through the detector in training mode, of the batch's own pictures and by the parameters above unless
   * others are given. It may be called several times: each pass draws its own dropout, and running statistics
   * go on from the pass before.
   */
  readonly forward: (images?: tf.Tensor4D, parameters?: Parameters) => Outputs;
  /** int32 `[2]`: for what a loss draws by itself; passes draw from other numbers. */
  readonly seed?: tf.Tensor1D;
  /**
   * New values of buffers, by name, to be assigned after the gradient step: the only way to change state
   * that no gradient reaches. Running statistics are put here by the passes themselves.
   */
  readonly updates: Updates;
}

/** An objective and its parts. */
export interface Loss {
  /** The scalar to minimise. */
  readonly total: tf.Scalar;
  /** Scalars for the record, by name, in an order that never changes within a run. */
  readonly terms: Readonly<Record<string, tf.Scalar>>;
}

/**
 * Several looks at each picture in place of one, where a detector scores so. Training, explanations and costs
 * are of one look.
 */
export interface Views {
  /** Looks at a picture. */
  readonly count: number;
  /** `[batch, size, size, 3]`, normalised, to `[batch · count, size, size, 3]`, in an order that `together` knows. */
  of(images: tf.Tensor4D): tf.Tensor4D;
  /** Log-odds of fake of the looks, `[batch · count]`, as those of the pictures, `[batch]`. */
  together(logOdds: tf.Tensor1D): tf.Tensor1D;
}

/**
 * How a detector scores that learns from each picture before it judges it. Training, explanations and costs are
 * of a plain look.
 */
export interface Adaptation {
  /** Pictures that are scored at once unless said otherwise: each takes steps of its own. */
  readonly atOnce: number;
  /**
   * Log-odds of fake, `[batch]`, each picture's by parameters that are its own and are forgotten after it: none
   * depends on another picture. Call it within `tf.tidy`.
   *
   * @param images Normalised, `[batch, size, size, 3]`.
   */
  score(images: tf.Tensor4D, parameters: Parameters): tf.Tensor1D;
}

/** A layer whose class activation map shows where a part of the detector looks. */
export interface MapTarget {
  /** The part in words for captions: `"block 2"`, `"whole network"`. */
  readonly name: string;
  /** Name of the layer as it shows itself to the tap. */
  readonly layer: string;
  /**
   * The part of the picture that the layer sees, as shares of its sides from the upper left corner, where
   * it does not see the whole.
   */
  readonly area?: {
    readonly top: number;
    readonly left: number;
    readonly height: number;
    readonly width: number;
  };
}

/**
 * How a batch's loss is had from micro-batches, of which no two are computed at the same time:
 *
 * - `"mean"`: it is the mean of theirs, as every term is a mean over pictures;
 * - `"outputs"`: it asks for one pass over the batch's own pictures, and follows from what that says of all of
 *   them, the pictures, targets and parameters. In a training pass, every tensor of the outputs has the pictures
 *   along its first axis;
 * - the name of a term that is in neither way to be had, with why.
 */
export type MicroBatches = "mean" | "outputs" | { readonly term: string; readonly why: string };

/** What became of published weights. */
export interface PretrainedReport {
  /** Parameters that have values of the file now, by their names. */
  readonly loaded: readonly string[];
  /** Arrays that the detector has no use for, by their names in the file. */
  readonly skipped: readonly string[];
  /** What was not taken as it stands in the file, in words: arrays for another size of picture. */
  readonly changed?: readonly string[];
}

/** A detector of chosen settings: functions of its parameters. */
export interface Detector<Settings extends object = object, Outputs = unknown> {
  /** What it was made by, and can be made anew by with other settings. */
  readonly kind: DetectorKind<Settings, Outputs>;
  /** Its settings, frozen. */
  readonly settings: Readonly<Settings>;
  /** What it is fed. */
  readonly input: DetectorInput;
  /** What it wants of a batch besides pictures and labels. */
  readonly wants: readonly Want[];
  /** As many people as it tells apart, where it wants identities: data of more are refused. */
  readonly mostPeople?: number;
  /** Its parameters, learnt and not, in the order and under the names of its PyTorch state dict. */
  readonly parameters: readonly ParameterSpecification[];
  /**
   * What only training needs: loss weights, centres, queues, moving copies. It is in checkpoints, and
   * not in the detector's file.
   */
  readonly trainingState: readonly ParameterSpecification[];
  /**
   * Learning rates at the top of the schedule, by name, of parameters that do not share the run's; the
   * schedule and `layerDecay` scale them as they do the run's.
   */
  readonly ownRates: Readonly<Record<string, number>>;
  /**
   * One pass. Frees nothing and keeps nothing: call it within `tf.tidy`.
   *
   * @param images Normalised, `[batch, size, size, 3]`; training needs a batch of two or more.
   * @throws TypeError when the images have another shape, or a parameter is missing.
   */
  forward(images: tf.Tensor4D, parameters: Parameters, mode?: Mode): Outputs;
  /** The objective of a batch. */
  loss(inputs: LossInputs<Outputs>): Loss;
  /** How that is had from parts of a batch. Left out: nobody has said, and such training is refused. */
  readonly microBatches?: MicroBatches;
  /** Log-odds of fake, `[batch]`, in nats: above 0 speaks for fake; its sigmoid is the score. */
  logOdds(outputs: Outputs): tf.Tensor1D;
  /** How a picture is scored from several looks: see `scoreImages`. Left out: from one. */
  readonly views?: Views;
  /** How a picture is scored after a step of learning from it: see `scoreImages`. Left out: without. */
  readonly adaptation?: Adaptation;
  /**
   * What can be explained, in the order in which figures show it; at least one.
   *
   * @param layer Another layer than the detector's own choice, by the name it has within a part.
   */
  parts(layer?: string): readonly MapTarget[];
  /**
   * Puts published weights into fresh parameters: a backbone's of ImageNet to begin with, or a whole
   * detector's. What is neither loaded nor skipped for a reason is refused.
   *
   * @param file A state dict as `readStateDict` reads it, under its project's names.
   * @throws TypeError when its arrays do not fit, or RangeError where nothing of this detector is published.
   */
  loadPretrained(parameters: Parameters, file: TensorFile): PretrainedReport;
  /**
   * The stage that a parameter belongs to: what a run may freeze or teach more slowly than the stages above
   * it, and what checks replace by fresh draws. Stages follow each other as their parameters do.
   */
  stageOf(parameter: string): string;
}

/** What a kind offers ready made: settings of its own with data and training to go with them. */
export interface Preset<Settings extends object> {
  /** The detector's. */
  readonly detector: Settings;
  /** The batches'. */
  readonly data: DataSettings;
  /** The training's. */
  readonly training: TrainingSettings;
}

/** What makes detectors: a method with its settings. */
export interface DetectorKind<Settings extends object = object, Outputs = unknown> {
  /** Its name in commands, records and files: letters, digits and `_`. */
  readonly name: string;
  /** Where it comes from: paper, code with its commit, licence of published weights. */
  readonly source: string;
  /** Its settings' ranges, and which matters when. */
  readonly rules: SettingsRules<Settings>;
  /**
   * Ready-made configurations by name, the default first. Commands look for `"quick"` (minutes on two
   * cores, for looking) and `"smoke"` (seconds, proves that everything runs).
   */
  readonly presets: Readonly<Record<string, Preset<Settings>>>;
  /** A detector of these settings, which have passed the rules. */
  of(settings: Settings): Detector<Settings, Outputs>;
}

/** A detector with its variables, for scoring, explaining and timing. Who made the variables frees them. */
export interface TrainedDetector<Settings extends object = object, Outputs = unknown> {
  /** What runs. */
  readonly detector: Detector<Settings, Outputs>;
  /** Its variables. */
  readonly parameters: Parameters;
}
