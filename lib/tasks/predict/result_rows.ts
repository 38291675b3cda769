/** A result as rows of the CSV file, and as lines for people. */
import type { Box } from "lib/media/crop.ts";
import {
  faceRemark,
  faceStatus,
  type InputResult,
  inputStatus,
  isScored,
  meanScore,
  peopleOf,
  ruleWords,
  scoredFaces,
} from "./input_result.ts";

/** Columns of `--out`, in their order. */
export const COLUMNS = [
  "input",
  "kind",
  "frame",
  "person",
  "left",
  "top",
  "right",
  "bottom",
  "faceScore",
  "logOdds",
  "score",
  "framesWithFace",
  "framesWithoutFace",
  "framesWithSeveral",
  "status",
] as const;

/** A row of `--out`; what does not apply is left out. */
export type ResultRow = Readonly<Partial<Record<typeof COLUMNS[number], string | number>>>;

const hundredths = (box: Box) => box.map((side) => Math.round(side * 100) / 100);

/** The highest score of an input with whom it is of; undefined where nothing was scored. */
export function verdict(result: InputResult): { person: number; score: number } | undefined {
  const highest = peopleOf(result)[0];
  return highest && { person: highest.person, score: highest.score };
}

/**
 * A row for each face, of kind "face", then one for the input: of kind "picture" or "video", its score the
 * highest of its faces or people, or "failed", its status the reason.
 */
export function* resultRows(result: InputResult): Generator<ResultRow> {
  const { path: input, kind, frames } = result;
  for (const face of result.faces) {
    const [left, top, right, bottom] = hundredths(face.box);
    const { faceScore } = face;
    yield {
      input,
      kind: "face",
      ...kind === "video" ? { frame: face.frame } : {},
      ...face.refused === undefined ? { person: face.person } : {},
      ...{ left, top, right, bottom, faceScore },
      ...isScored(face) ? { logOdds: face.logOdds, score: face.score } : {},
      status: faceStatus(face),
    };
  }
  const highest = verdict(result), status = inputStatus(result);
  if (kind === "failed") yield { input, kind, status };
  else {
    yield {
      input,
      kind,
      ...highest,
      ...kind === "picture" && highest ? { logOdds: peopleOf(result)[0].faces[0].logOdds } : {},
      framesWithFace: frames.with,
      framesWithoutFace: frames.without,
      framesWithSeveral: frames.several,
      status,
    };
  }
}

/** Lines for people: the input with its score and what is to be known of it, then its faces or people. */
export function* resultLines(result: InputResult): Generator<string> {
  const highest = verdict(result), scored = scoredFaces(result);
  const score = highest === undefined ? "" : `${highest.score.toFixed(4)}, `;
  yield `${result.path}: ${score}${inputStatus(result)}`;
  if (result.kind === "video") {
    const people = peopleOf(result);
    if (people.length < 2) return;
    for (const { person, faces, score } of people) {
      const seen = `frames ${faces[0].frame} to ${faces.at(-1)!.frame}`;
      const made = `${ruleWords(result)} ${faces.length}`;
      yield `    ${score.toFixed(4)}  person ${person}, ${made}, ${seen}`;
    }
    yield `    ${meanScore(scored).toFixed(4)}  mean over all faces`;
    return;
  }
  for (const face of result.faces) {
    const [left, top, right, bottom] = face.box.map(Math.round);
    const place = `face at ${left},${top} to ${right},${bottom}`;
    const remark = faceRemark(face);
    const own = face.score === undefined ? "   –  " : face.score.toFixed(4);
    yield `    ${own}  ${place}${remark === "" ? "" : `; ${remark}`}`;
  }
}
