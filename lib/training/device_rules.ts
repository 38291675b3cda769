/** Whether devices can train a configuration together: what its loss, its batches and its batch norm allow. */
import { assertDivides } from "lib/batches/device_share.ts";
import { type Configuration, vary } from "lib/detectors/configuration.ts";
import { isNormed } from "lib/networks/parameters.ts";

/**
 * A configuration for so many devices: each takes the batch norm of its own part of a batch, or all together
 * that of the whole.
 *
 * @param devices How many; 1 leaves it as it is.
 * @param joinsNorm Whether batch norm is of the whole batch.
 * @throws RangeError as `assertTrainsTogether` does.
 */
export function configurationForDevices(
  configuration: Configuration,
  { devices, joinsNorm }: { devices: number; joinsNorm: boolean },
): Configuration {
  const apart = devices > 1 && !joinsNorm && isNormed(configuration.detector.parameters);
  const own = apart ? vary(configuration, { normDevices: devices }) : configuration;
  assertTrainsTogether(own, devices);
  return own;
}

/**
 * Check that so many devices can train a configuration together.
 *
 * @throws RangeError for batches that cannot be divided, a loss that is another one over parts of a batch,
 * batch norm of other parts than the devices', or a step that XLA is to compile.
 */
export function assertTrainsTogether(
  { detector, data, training }: Configuration,
  devices: number,
): void {
  const { normDevices } = training;
  if (normDevices !== 1 && normDevices !== devices) {
    throw new RangeError(
      `Configuration: normDevices is ${normDevices}, batch norm apart on as many devices, but ${
        devices === 1 ? "one trains" : `${devices} train`
      }. It is as many, or 1.`,
    );
  }
  if (devices === 1) return;
  if (training.compiler !== "none") {
    throw new RangeError(
      `Configuration: compiler is "${training.compiler}", which compiles steps of one device, not of ${devices}: ` +
        'their means over all devices are no part of a program of its own. Set it to "none".',
    );
  }
  const { kind: { name }, wants, microBatches } = detector;
  if (microBatches === undefined) {
    throw new RangeError(
      `${name} does not say how its loss follows from parts of a batch, so ${devices} devices cannot divide one: ` +
        "its detector needs `microBatches` (lib/detectors/detector.ts). Train it on one device.",
    );
  }
  if (typeof microBatches === "object") {
    throw new RangeError(
      `${name}'s term "${microBatches.term}" needs the whole batch on one device: ${microBatches.why}. Train it ` +
        `on one, not on ${devices}.`,
    );
  }
  if (training.microBatchSize > 0) {
    throw new RangeError(
      `Configuration: microBatchSize is ${training.microBatchSize}, but each of ${devices} devices takes its ` +
        "part of a batch at once. Set it to 0, and use more devices, or smaller batches.",
    );
  }
  const isOfPairs = data.forge !== "none" || data.balance === "pairs" || wants.includes("pair");
  assertDivides({ batchSize: data.batchSize, pairs: isOfPairs }, devices);
}
