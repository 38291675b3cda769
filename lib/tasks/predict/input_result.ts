/** What came of one input: its faces with their scores, the people of a video, and the whole in words. */
import { type VideoRule, videoScoresBy } from "lib/evaluation/video_rules.ts";
import type { Turn } from "lib/faces/upright_faces.ts";
import type { Box } from "lib/media/crop.ts";

/** A face that was found. */
export interface FaceResult {
  /** Index of the frame in the video; 0 in a picture. */
  readonly frame: number;
  /** Who it is among the people of a video, from 1; in a picture the face's number, from 1. */
  readonly person: number;
  /** Left, top, right, bottom in pixels of the picture as it was given, turned or not. */
  readonly box: Box;
  /** How sure the face detector is, 0 to 1. */
  readonly faceScore: number;
  /** By how much the picture was turned, clockwise, for its faces to stand upright. */
  readonly turn: Turn;
  /** Whether it has so few pixels that its score means little. */
  readonly isSmall: boolean;
  /** Why it is not scored, where it is not. */
  readonly refused?: string;
  /** Log-odds of fake in nats; undefined until it is scored. */
  logOdds?: number;
  /** Probability of fake, 0 to 1. */
  score?: number;
}

/** A face with its score. */
export type ScoredFace = FaceResult & { readonly logOdds: number; readonly score: number };

/** What came of a picture, a video, or what is neither. */
export interface InputResult {
  /** As it was given, or below the folder that was given. */
  readonly path: string;
  /** "failed" is what gave no picture at all. */
  readonly kind: "picture" | "video" | "failed";
  /** All faces that count, in the order of the frames, the largest of a frame first. */
  readonly faces: readonly FaceResult[];
  /** Frames that were looked at: with a face, without one, and of the former those with several. */
  readonly frames: { readonly with: number; readonly without: number; readonly several: number };
  /** Faces that were left out because only the largest were asked for. */
  readonly leftOut: number;
  /** How the faces of a person in a video become one score. Default: their mean. */
  readonly rule?: VideoRule;
  /** Why it could not be read, or not to its end. */
  readonly failure?: string;
  /** What a reader of the score should know of the file. */
  readonly notes: readonly string[];
}

/** The same person in successive frames of a video; in a picture one face. */
export interface Person {
  /** From 1, as they appear. */
  readonly person: number;
  /** The scored faces. */
  readonly faces: readonly ScoredFace[];
  /** Their score by the result's rule: a probability of fake, 0 to 1. */
  readonly score: number;
}

/** What stands before "3 faces" where a rule made one score of them. */
const RULE_WORDS: Readonly<Record<VideoRule, string>> = Object.freeze({
  mean: "mean of",
  max: "highest of",
  confident: "confident strategy over",
  sharpened: "sharpened mean of",
  agreeing: "agreeing mean of",
  surestFace: "surest face of each frame among",
});

/** How a person's score is made of the faces, in words that a number of faces follows. */
export function ruleWords({ rule = "mean" }: Pick<InputResult, "rule">): string {
  return RULE_WORDS[rule];
}

/** The mean of faces' scores; NaN without any. */
export function meanScore(faces: readonly ScoredFace[]): number {
  return faces.reduce((sum, { score }) => sum + score, 0) / faces.length;
}

/** Whether a face has its score. */
export function isScored(face: FaceResult): face is ScoredFace {
  return face.score !== undefined;
}

/** The faces that have a score. */
export function scoredFaces({ faces }: InputResult): ScoredFace[] {
  return faces.filter(isScored);
}

/** One score of a person's faces. */
function scoreBy(rule: VideoRule, faces: readonly ScoredFace[]): number {
  if (rule === "mean") return meanScore(faces);
  const frames = faces.map(({ logOdds, frame }) => ({ video: "", label: 0, logOdds, frame }));
  return videoScoresBy(rule, frames)[0].score;
}

/** The people of an input, the highest score first. */
export function peopleOf(result: InputResult): Person[] {
  const byPerson = Map.groupBy(scoredFaces(result), ({ person }) => person);
  const rule = result.kind === "video" ? result.rule ?? "mean" : "mean";
  return [...byPerson].map(([person, faces]) => ({ person, faces, score: scoreBy(rule, faces) }))
    .sort((a, b) => b.score - a.score || a.person - b.person);
}

/** Whether something of it could not be scored: what makes the command end with 1. */
export function isProblem(result: InputResult): boolean {
  return result.failure !== undefined || scoredFaces(result).length === 0 ||
    result.faces.some(({ refused }) => refused !== undefined);
}

/** A number with its word, which takes an "s" for all numbers but 1. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** What is wrong with a face, in words; "" of one that is scored and large enough. */
export function faceRemark({ box, isSmall, refused }: FaceResult): string {
  const [left, top, right, bottom] = box;
  const side = Math.round(Math.min(right - left, bottom - top));
  return [
    ...refused === undefined ? [] : [`not scored: ${refused}`],
    ...isSmall ? [`small face (${side} px): its score means little`] : [],
  ].join("; ");
}

/** What is to be known of a face besides its score. */
export function faceStatus(face: FaceResult): string {
  return [
    ...isScored(face) ? ["scored"] : [],
    ...faceRemark(face) === "" ? [] : [faceRemark(face)],
    ...face.turn === 0 ? [] : [`the picture was turned by ${face.turn} degrees clockwise`],
  ].join("; ");
}

/** What is to be known of an input besides its score. */
export function inputStatus(result: InputResult): string {
  const { kind, faces, frames, leftOut, failure, notes } = result;
  if (kind === "failed") return failure!;
  const scored = scoredFaces(result), all = frames.with + frames.without;
  const refused = faces.length - scored.length;
  const small = scored.filter(({ isSmall }) => isSmall).length;
  const turns = [...new Set(faces.map(({ turn }) => turn))].filter((turn) => turn !== 0);
  const words = scored.length === 0 ? ["no face was scored"] : [];
  if (scored.length > 0 && kind === "picture") {
    words.push(scored.length === 1 ? "one face" : `the highest of ${scored.length} faces`);
  } else if (scored.length > 0) {
    const people = peopleOf(result);
    const [{ person, faces }] = people;
    const first = `person ${person}, ${ruleWords(result)} ${counted(faces.length, "face")}`;
    words.push(people.length === 1 ? first : `${first}, the highest of ${people.length} people`);
    words.push(`mean over all ${scored.length}: ${meanScore(scored).toFixed(4)}`);
  }
  if (kind === "video" && frames.without > 0) {
    words.push(`${frames.without} of ${all} frames without a face`);
  }
  if (refused > 0) words.push(`${counted(refused, "face")} not scored: not upright`);
  if (small > 0) words.push(`${counted(small, "small face")}: scores mean little`);
  if (turns.length > 0) words.push(`turned by ${turns.join(" and ")} degrees clockwise`);
  if (leftOut > 0) words.push(`${counted(leftOut, "smaller face")} left out`);
  words.push(...notes);
  if (failure !== undefined) words.push(`read only in part: ${failure}`);
  return words.join("; ");
}
