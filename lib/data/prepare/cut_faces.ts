/**
 * Cuts the faces out of one unit into a folder. Which units there are is left to prepared_units.ts, what makes the
 * folder count to records.ts.
 */
import { whyUnreadable } from "lib/io/file_fault.ts";
import { resizeImage } from "lib/media/crop.ts";
import { detectUpright, type Turn, turnImage } from "lib/faces/upright_faces.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { ImageError } from "lib/media/image_error.ts";
import type { FaceDetector } from "lib/faces/face_detector.ts";
import { damageIn, spreadFrames, videoFrames, type VideoOptions } from "lib/media/video.ts";
import { recompressedFrames } from "lib/media/video_compression.ts";
import { VideoError } from "lib/media/video_error.ts";
import { distortedFrame } from "./distorted_frame.ts";
import type { CropRecord, Remark, UnitRecord } from "./unit_records.ts";
import { type CropWriting, writeCrops } from "./write_crops.ts";
import { clipFiles, picturesOf, type Unit, type UnitPicture } from "./prepared_units.ts";

/** What cutting needs. */
export interface CutOptions extends CropWriting {
  /** Folder that the entries' paths are below. */
  readonly root: string;
  /** The loaded face detector. */
  readonly detector: FaceDetector;
  /** Stops between two frames. */
  readonly signal: AbortSignal;
  /** Called after each picture that was looked at. */
  readonly onPicture?: () => void;
}

/** A picture of a unit, or why there is none. */
type Picture =
  & { readonly frame: number }
  & (
    | { readonly image: RgbImage; readonly mask?: RgbImage; readonly maskMissing?: string }
    | { readonly unreadable: string }
  );

const isSourceFault = (error: unknown): error is Error =>
  error instanceof VideoError || error instanceof ImageError || isFolderFault(error);

/** A folder of frames that is not there or may not be read. */
function isFolderFault(error: unknown): boolean {
  const { NotFound, PermissionDenied, NotADirectory, FilesystemLoop } = Deno.errors;
  return [NotFound, PermissionDenied, NotADirectory, FilesystemLoop].some((kind) =>
    error instanceof kind
  );
}

/** An error's message without the root, which differs from machine to machine. */
const wordsOf = (error: Error, root: string) =>
  error.message.replaceAll(JSON.stringify(root).slice(1, -1) + "/", "");

/**
 * Cuts the faces out of a unit. A source that cannot be read is remarked upon, not thrown.
 *
 * @throws Error when a crop cannot be written, or there is no ffmpeg; the signal's reason when it aborts.
 */
export async function cutUnit(
  unit: Unit,
  options: CutOptions,
): Promise<Omit<UnitRecord, "source">> {
  const crops: CropRecord[] = [], remarks: Remark[] = [], names = new Set<string>();
  const thorough = unit.entry.kind === "still"; // a video's frames are many, and turned all alike
  let looked = 0, turn: Turn = 0;
  try {
    for await (const picture of look(unit, options, remarks)) {
      options.signal.throwIfAborted();
      const { frame } = picture;
      if ("unreadable" in picture) {
        remarks.push({ what: "unreadable", frame, detail: picture.unreadable });
        continue;
      }
      looked++;
      const name = freeName(String(frame).padStart(6, "0"), names);
      const from = { settings: options.settings, video: unit.entry.video, frame };
      const image = await distortedFrame(picture.image, from);
      const seen = await upright({ ...picture, image }, { first: turn, thorough }, options);
      turn = seen.turn;
      const found = await writeCrops(seen, { frame, name }, options);
      remarks.push(...seen.remarks, ...found.remarks);
      if (found.crops.length === 0) remarks.push({ what: "no face", frame });
      if (picture.maskMissing !== undefined) {
        remarks.push({ what: "no mask", frame, detail: picture.maskMissing });
      }
      crops.push(...found.crops);
      options.onPicture?.();
    }
  } catch (error) {
    options.signal.throwIfAborted();
    if (!isSourceFault(error)) throw error;
    const detail = isFolderFault(error)
      ? `its folder cannot be read: ${whyUnreadable(error)}`
      : wordsOf(error, options.root);
    await Deno.remove(options.folder, { recursive: true }).catch(() => {}); // mostly there is none
    return { looked, crops: [], remarks: [{ what: "unreadable", detail }] };
  }
  return { looked, crops, remarks: looked === 0 ? withFailure(remarks) : remarks };
}

/** Remarks on a unit of which nothing could be looked at, so that they say so of the whole. */
function withFailure(remarks: readonly Remark[]): Remark[] {
  const pictures = remarks.filter(({ what }) => what === "unreadable");
  if (pictures.some(({ frame }) => frame === undefined)) return [...remarks];
  if (pictures.length === 1) { // a picture of its own: what is said of it is said of the unit
    return remarks.map(({ frame, ...rest }) =>
      rest.what === "unreadable" || frame === undefined ? rest : { ...rest, frame }
    );
  }
  const detail = pictures.length === 0
    ? "There is no picture in it."
    : `None of its ${pictures.length} pictures can be read.`;
  return [...remarks, { what: "unreadable", detail }];
}

/** The name, or with a number where two pictures of a unit claim to be the same frame. */
function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name}-${n}`;
  taken.add(free);
  return free;
}

function look(unit: Unit, options: CutOptions, remarks: Remark[]): AsyncGenerator<Picture> {
  return unit.entry.kind === "video"
    ? framesOfClip(unit, options, remarks)
    : framesOfFiles(unit, options);
}

async function* framesOfClip(
  { entry }: Unit,
  { root, settings, signal }: CutOptions,
  remarks: Remark[],
): AsyncGenerator<Picture> {
  if (entry.kind !== "video") return;
  const { video, mask } = clipFiles(entry, root);
  const run = { choose: settings.choose, signal }, { distortion } = settings;
  const masks = mask === undefined ? undefined : videoFrames(mask, run);
  try {
    const onEnd: VideoOptions["onEnd"] = (facts) => {
      const detail = damageIn(facts);
      if (detail !== undefined) remarks.push({ what: "damaged", detail });
    };
    const frames = distortion?.kind === "VC"
      ? recompressedFrames(video, { ...run, onEnd, level: distortion.level })
      : videoFrames(video, { ...run, onEnd });
    for await (const { index, image } of frames) {
      yield { frame: index, image, ...await nextMask(masks, { index, root }) };
    }
  } finally {
    await masks?.return();
  }
}

/** The mask of the frame at `index`: of a mask's video the same frames are chosen. */
async function nextMask(
  masks: ReturnType<typeof videoFrames> | undefined,
  { index, root }: { index: number; root: string },
): Promise<{ mask?: RgbImage; maskMissing?: string }> {
  if (masks === undefined) return {};
  try {
    const { value, done } = await masks.next();
    if (!done && value.index === index) return { mask: value.image };
    return { maskMissing: "the mask's video has other frames" };
  } catch (error) {
    if (!(error instanceof VideoError)) throw error;
    return { maskMissing: wordsOf(error, root) };
  }
}

async function* framesOfFiles(
  unit: Unit,
  { root, settings, signal }: CutOptions,
): AsyncGenerator<Picture> {
  if (settings.distortion?.kind === "VC") {
    throw new RangeError(
      `VC distorts whole videos, and ${
        JSON.stringify(unit.entry.video)
      } is pictures: prepare the videos ` +
        "themselves, or take another distortion.",
    );
  }
  const pictures = await picturesOf(unit, root);
  const chosen = "spread" in settings.choose
    ? spreadFrames(pictures.length, settings.choose.spread).map((i) => pictures[i]!)
    : pictures; // somebody has chosen them already
  for (const picture of chosen) {
    signal.throwIfAborted();
    yield await readPicture(picture, root);
  }
}

async function readPicture({ path, frame, mask }: UnitPicture, root: string): Promise<Picture> {
  let image: RgbImage;
  try {
    image = await readImage(path);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { frame, unreadable: wordsOf(error, root) };
  }
  if (mask === undefined) return { frame, image };
  try {
    return { frame, image, mask: await readImage(mask) };
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return { frame, image, maskMissing: wordsOf(error, root) };
  }
}

/** A picture with its faces upright, what is to be said of it, and its mask turned like it. */
async function upright(
  { image: given, mask, frame }: { image: RgbImage; mask?: RgbImage; frame: number },
  { first, thorough }: { first: Turn; thorough: boolean },
  { detector, settings: { faces: keep, minScore, longSide } }: CutOptions,
) {
  const options = { minScore, longSide, first, isSettled: !thorough, searchTurned: thorough };
  const { image, turn, faces, lying } = await detectUpright(given, detector, options);
  // A mask of another size is of the same picture all the same.
  const fitting = mask && await resizeImage(mask, { width: given.width, height: given.height });
  const remarks: Remark[] = [
    ...turn === first ? [] : [{ what: "turned", frame, detail: `by ${turn} degrees` } as const],
    ...lying.length === 0
      ? []
      : [{ what: "lying face", frame, detail: `${lying.length} of them` } as const],
  ];
  return {
    image,
    mask: fitting && await turnImage(fitting, turn),
    turn,
    faces: keep === "largest" ? faces.slice(0, 1) : faces,
    remarks,
  };
}
