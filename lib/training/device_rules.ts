/** Whether devices can train a configuration together: what its loss, its batches and its batch norm allow. */
import { assertDivides } from "lib/batches/device_share.ts";
import { type Configuration, vary } from "lib/detectors/configuration.ts";

/** Whether a detector has batch norm, by its running statistics. */
export function isNormed({ parameters }: Pick<Configuration["detector"], "parameters">): boolean {
  return parameters.some(({ role }) => role === "runningMean");
}

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
  const apart = devices > 1 && !joinsNorm && isNormed(configuration.detector);
  const own = apart ? vary(configuration, { normDevices: devices }) : configuration;
  assertTrainsTogether(own, devices);
  return own;
}

/**
 * Check that so many devices can train a configuration together.
 *
 * @throws RangeError for batches that cannot be divided, a loss that is another one over parts of a batch, or
 * batch norm of other parts than the devices'.
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
  const { wants } = detector;
  const isOfPairs = data.forge !== "none" || data.balance === "pairs" || wants.includes("pair");
  assertDivides({ batchSize: data.batchSize, pairs: isOfPairs }, devices);
}
