/** The detectors whose networks torch_detectors/ has too: what `--detector all` compares. */
import type { ChosenDetector } from "./bench_cases.ts";

/** Every published network, by its detector: fields of the detector's first preset that are changed. */
const NETWORKS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  xception: [[]],
  xception_ela: [[]],
  spsl: [[], ["depth=shallow"]],
  face_x_ray: [[]],
  srm: [[]],
  fst_matching: [[], ["interaction=probability", "interactionWeight=1"]],
  ost: [["variety=0"], ["variety=0", "order=first"]], // what pseudo-fakes are drawn with is each side's own
  dcl: [["variety=0", "warmUpSteps=0"]], // what views are changed by is each side's own
  lisiam: [["invarianceWeight=0"]], // worse copies are each side's own
  f3_net: [[]],
  recce: [[]],
  multi_attentional: [[]],
  sbi: [[], ["network=resnet34"]],
  pcl: [[]],
  dsp_fwa: [["windows=1"]], // which windows are drawn in training each side decides for itself
  foundation_encoder: [["size=base", "patchSize=16"]], // GenD's own is thrice as deep and wide
  mesonet: [
    [],
    ["network=mesoInception4"],
    ["edition=port"],
    ["edition=port", "network=mesoInception4"],
  ],
  efficientnet: [[], ["network=b3", "padding=asEven", "imageSize=300"]],
  ws_dan: [[], ["network=b3", "imageSize=300"]],
};

/** All of them, one after another. */
export const COMPARED: readonly ChosenDetector[] = Object.freeze(
  Object.entries(NETWORKS).flatMap(([detector, networks]) =>
    networks.map((changes) => ({ detector, ...changes.length === 0 ? {} : { changes } }))
  ),
);
