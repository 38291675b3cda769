/** The detector that `predict` asks where nobody names one: it comes with the kit, and says what it is not for. */
import { DETECTORS_FOLDER, loadShipped } from "lib/studies/shipped_detectors.ts";
import type { FoundDetector } from "../find_detector.ts";

/** Four small blocks with both losses, trained on forgeries of consenting people. */
const NAME = "unseen_paper";

/**
 * Loads it.
 *
 * @param say Hears its card first: what it is, how well it does, and what it must not be used for.
 */
export async function shippedDetector(say: (line: string) => void): Promise<FoundDetector> {
  const detector = await loadShipped(NAME), { is, data, auc, not } = detector.card;
  const aucs = auc.map(({ value, low, high, on }) =>
    `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}] on ${on}`
  );
  say(`No --weights are given, so this is ${NAME}, which comes with the kit. ${is}`);
  say(`Its AUC is ${aucs.join("; ")}; 0.5 is chance.`);
  say(`NOT FOR USE: ${not}`);
  return {
    detector,
    folder: DETECTORS_FOLDER,
    trainedIn: [DETECTORS_FOLDER],
    name: NAME,
    learntFrom: `${data.name}, ${data.licence}. ${not}`,
  };
}
