/**
 * The systems that the paper's Tables 1 to 3 compare its method with: who made them, which detector of the kit
 * is one, what is known of the numbers printed beside them. The numbers are in printed_tables.ts.
 */
import { DETECTORS } from "lib/detectors/register.ts";
import type { DetectorKind } from "lib/detectors/detector.ts";
import type { Benchmark } from "./benchmarks.ts";

/** What the tables call the paper's own method. */
export const OURS = "Ours (ResNet-34)";

/** A system of the tables. */
export interface ComparedSystem {
  /** The work that the paper names beside it; empty where it names none. */
  readonly source: string;
  /** Its name in the register of detectors; left out where the kit is not to have it. */
  readonly detector?: string;
  /** AUC by frame of the same method in DeepfakeBench: see `DEEPFAKEBENCH_COLUMNS`. */
  readonly deepfakeBench?: readonly number[];
  /** What the printed numbers are, as far as it is known and not plain from the table. */
  readonly remark?: string;
}

/**
 * What `deepfakeBench` measures, in this order. All methods were trained on FaceForensics++ (c23) by one
 * protocol, on aligned crops of 256 pixels. [README of SCLBD/DeepfakeBench at commit 8a4a7bf]
 */
export const DEEPFAKEBENCH_COLUMNS = [
  "FaceForensics++",
  "Celeb-DF-v1",
  "Celeb-DF-v2",
  "DFDC-Preview",
  "DFDC",
] as const satisfies readonly Benchmark[];

const WINNER = "One of the four winners of DFDC. All four are ensembles that score whole videos, " +
  "while the table is by frame.";
const INTERVALS = "Takes clips or intervals of a video, while the paper's method takes a frame.";

/** All systems, by the names that `printed_tables.ts` uses, in the order in which they first appear. */
export const COMPARED_SYSTEMS: Readonly<Record<string, ComparedSystem>> = Object.freeze({
  Xception: {
    source: "Rössler et al. 2019",
    detector: "xception",
    deepfakeBench: [0.964, 0.779, 0.737, 0.737, 0.708],
    remark: "Cited, and printed once more in Table 7 beside costs that the paper measured itself.",
  },
  "Xception-ELA": {
    source: "",
    detector: "xception_ela",
    remark: "No code or settings are published: which quality of JPEG it means is not known.",
  },
  SPSL: {
    source: "Masi et al. 2020",
    detector: "spsl",
    deepfakeBench: [0.961, 0.815, 0.765, 0.741, 0.704],
    remark: "SPSL is by Liu et al. 2021; Masi et al. 2020 is another method. Whose number it is " +
      "cannot be told.",
  },
  "Face X-ray": {
    source: "Li et al. 2020a",
    detector: "face_x_ray",
    deepfakeBench: [0.959, 0.709, 0.679, 0.694, 0.633],
    remark:
      "Table 2 says private data: blended faces of its authors. DeepfakeBench has it with HRNet-W48.",
  },
  "TD-3DCNN": { source: "Zhang et al. 2021", remark: INTERVALS },
  "F3-Net": {
    source: "Qian et al. 2020",
    detector: "f3_net",
    deepfakeBench: [0.964, 0.777, 0.735, 0.735, 0.702],
    remark: "No official code. DeepfakeBench has one of its two branches (FAD) alone.",
  },
  FInfer: { source: "Hu et al. 2022", remark: INTERVALS },
  DeepfakeUCL: { source: "Fung et al. 2021" },
  SBIs: { source: "Shiohara and Yamasaki 2022", remark: "On which backbone is not said." },
  "Agarwal et al.": {
    source: "Agarwal et al. 2020",
    remark: "Compares a video with reference videos of the person, which no other system is given.",
  },
  "Wu et al.": { source: "Wu et al. 2023" },
  "Selim Seferbekov": { source: "", remark: WINNER },
  NTechLab: { source: "", remark: WINNER },
  "Eighteen Years Old": { source: "", remark: WINNER },
  WM: { source: "", remark: WINNER },
  "Chugh et al.": {
    source: "Chugh et al. 2020",
    remark: "Takes a video's sound as well.",
  },
  "DSP-FWA": {
    source: "Li and Lyu 2018",
    detector: "dsp_fwa",
    deepfakeBench: [0.877, 0.79, 0.668, 0.638, 0.613],
    remark: "DeepfakeBench has FWA on Xception, without DSP-FWA's pyramid.",
  },
  Meso4: {
    source: "Afchar et al. 2018",
    detector: "mesonet",
    deepfakeBench: [0.608, 0.736, 0.609, 0.599, 0.556],
    remark: "CD1's .422 is worse than chance.",
  },
  "Multi-Attention": {
    source: "Zhao et al. 2021a",
    detector: "multi_attentional",
    remark:
      "Whether anybody else got its results is an open question in its repository (issue 27).",
  },
  OST: {
    source: "Chen et al. 2022b",
    detector: "ost",
    remark:
      "Adapts itself to each test picture. The published code lacks SimSwap, which makes its fakes.",
  },
  HCIL: { source: "Gu et al. 2022a", remark: INTERVALS },
  LiSiam: { source: "Wang, Sun, and Tang 2022", detector: "lisiam" },
  RECCE: {
    source: "Cao et al. 2022",
    detector: "recce",
    deepfakeBench: [0.962, 0.768, 0.732, 0.742, 0.713],
    remark:
      "Its authors' weights for c40 give .6871 on CD2 (issue 9 of its repository): this row seems " +
      "to be trained at c40, not at c23.",
  },
  ICT: { source: "Dong et al. 2022b" },
  DCL: { source: "Sun et al. 2022", detector: "dcl" },
  IID: { source: "Huang et al. 2023" },
  "PCL + I2G": { source: "Zhao et al. 2021b", detector: "pcl" },
  "FST-Matching": {
    source: "Dong et al. 2022a",
    detector: "fst_matching",
    remark: "Of videos. Its interaction term is 0 in the code that was published.",
  },
  LipForensics: { source: "Haliassos et al. 2021", remark: INTERVALS },
  FTCN: { source: "Zheng et al. 2021", remark: INTERVALS },
  "Luo et al.": {
    source: "Luo et al. 2021",
    detector: "srm",
    remark: "The published network takes pictures of 256 pixels only.",
  },
  "ResNet-34 + SBIs": { source: "Shiohara and Yamasaki 2022" },
  "EFNB4 + SBIs": {
    source: "Shiohara and Yamasaki 2022",
    detector: "sbi",
    remark:
      "EfficientNet-B4. Trained at c23, its authors' README has CD2 .929, DFDC-P .855, DFDC .720.",
  },
  RATF: { source: "Gu et al. 2022b", remark: INTERVALS },
  "Li et al.": { source: "Li et al. 2022" },
  AltFreezing: { source: "Wang et al. 2023", remark: INTERVALS },
  AUNet: { source: "Bai et al. 2023" },
  [OURS]: { source: "the paper", detector: "exposing_the_deception" },
});

/** The kit's detector that is this system; undefined where the register has none. */
export function systemDetector(system: string): DetectorKind | undefined {
  const name = COMPARED_SYSTEMS[system]?.detector;
  return DETECTORS.find((kind) => kind.name === name);
}
