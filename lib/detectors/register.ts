/** The detectors that the kit has: a new kind is a file of its own and a row here. */
import type { DetectorKind } from "./detector.ts";
import { dcl } from "./dcl/dcl.ts";
import { dspFwa } from "./dsp_fwa.ts";
import { efficientnet } from "./efficientnet.ts";
import { exposingTheDeception } from "./exposing_the_deception/exposing_the_deception.ts";
import { f3Net } from "./f3_net.ts";
import { faceXRay } from "./face_x_ray.ts";
import { foundationEncoder } from "./foundation_encoder/foundation_encoder.ts";
import { fstMatching } from "./fst_matching.ts";
import { lisiam } from "./lisiam/lisiam.ts";
import { mesonet } from "./mesonet.ts";
import { multiAttentional } from "./multi_attentional/multi_attentional.ts";
import { ost } from "./ost/ost.ts";
import { pcl } from "./pcl.ts";
import { recce } from "./recce.ts";
import { sbi } from "./sbi.ts";
import { spsl } from "./spsl.ts";
import { srm } from "./srm.ts";
import { wsDan } from "./ws_dan/ws_dan.ts";
import { xception } from "./xception.ts";
import { xceptionEla } from "./xception_ela.ts";

/** All kinds, the one that the kit is about first. */
export const DETECTORS: readonly DetectorKind[] = Object.freeze([
  exposingTheDeception,
  xception,
  mesonet,
  spsl,
  xceptionEla,
  f3Net,
  recce,
  faceXRay,
  multiAttentional,
  srm,
  fstMatching,
  ost,
  lisiam,
  sbi,
  pcl,
  dspFwa,
  efficientnet,
  wsDan,
  dcl,
  foundationEncoder,
]);

/**
 * A kind by its name.
 *
 * @param own Kinds that are not in the register, of a file or notebook of one's own; they come first.
 * @throws RangeError with the names there are.
 */
export function detectorKind(name: string, own: readonly DetectorKind[] = []): DetectorKind {
  const kinds = [...own, ...DETECTORS], found = kinds.find((kind) => kind.name === name);
  if (found) return found;
  throw new RangeError(
    `There is no detector "${name}". Detectors: ${
      kinds.map(({ name }) => name).join(", ")
    }; one of ` +
      "your own is named by its TypeScript file, such as --detector ./mine.ts.",
  );
}
