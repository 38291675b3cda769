/** The metrics that stand in tables, by their names there; each is defined in a file of its own. */
import { accuracy, balancedAccuracy } from "./accuracy.ts";
import { averagePrecision } from "./average_precision.ts";
import type { Metric } from "./bootstrap.ts";
import { brierScore } from "./calibration/brier_score.ts";
import { logLoss } from "./log_loss.ts";
import { partialAuc, truePositiveRateAt } from "./partial_auc.ts";
import { type MetricName, PARTIAL_RATE } from "./resampled_metrics.ts";
import { equalErrorRate, rocAuc } from "./roc.ts";
import { checkBothClasses } from "./scored.ts";

/** The metrics of log-odds; decisions are at 0. The partial AUC is up to a false-positive rate of 0.1, by McClish. */
export const METRICS: Readonly<Record<MetricName, Metric>> = Object.freeze({
  AUC: rocAuc,
  accuracy: (logOdds, labels) => accuracy(logOdds, labels),
  AP: (logOdds, labels) => {
    checkBothClasses(logOdds, labels); // of fakes alone it would be 1, whatever was said of them
    return averagePrecision(logOdds, labels);
  },
  EER: equalErrorRate,
  "log loss": logLoss,
  "balanced accuracy": (logOdds, labels) => balancedAccuracy(logOdds, labels),
  "Brier score": brierScore,
  "partial AUC": (logOdds, labels) =>
    partialAuc(logOdds, labels, { maxFalsePositiveRate: PARTIAL_RATE }),
  "TPR at FPR 0.1": (logOdds, labels) => truePositiveRateAt(logOdds, labels, 0.1),
  "TPR at FPR 0.01": (logOdds, labels) => truePositiveRateAt(logOdds, labels, 0.01),
});
