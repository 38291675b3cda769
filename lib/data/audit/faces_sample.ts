/**
 * Whether faces are found, on a sample of a data set. Finding them in every frame is prepare's work.
 */
import { join } from "node:path";
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { readImage, type RgbImage } from "lib/media/image.ts";
import { ImageError } from "lib/media/image_error.ts";
import type { FaceDetector } from "lib/faces/face_detector.ts";
import { videoFrames } from "lib/media/video.ts";
import { VideoError } from "lib/media/video_error.ts";
import type { Ledger, NotedEntry } from "./audit_ledger.ts";
import type { AuditOptions } from "./audit_options.ts";
import { filesOf } from "./look_at_entry.ts";

/** The picture to look for a face in: a still, or the one in the middle. */
async function pictureOf(entry: NotedEntry, root: string): Promise<RgbImage | undefined> {
  if (entry.kind === "video") {
    for await (const { image } of videoFrames(join(root, entry.path), { choose: { spread: 1 } })) {
      return image;
    }
    return undefined;
  }
  const files = await filesOf(entry, root);
  const middle = files[Math.floor(files.length / 2)];
  return middle === undefined ? undefined : await readImage(middle);
}

async function hasFace(
  entry: NotedEntry,
  { root, detector }: { root: string; detector: FaceDetector },
): Promise<boolean | undefined> {
  try {
    const picture = await pictureOf(entry, root);
    return picture && (await detectFaces(picture, detector, { keep: "largest" })).length > 0;
  } catch (error) {
    if (error instanceof ImageError || error instanceof VideoError) return undefined; // told before
    throw error;
  }
}

/** Look for faces in `faces` entries spread over the data set; each without one is noted down. */
export async function lookForFaces(
  root: string,
  ledger: Ledger,
  { faces = 0, onProgress, signal }: AuditOptions,
): Promise<{ looked: number; found: number }> {
  const total = Math.min(faces, ledger.entries);
  if (total === 0) return { looked: 0, found: 0 };
  await using detector = await openFaceDetector();
  let looked = 0, found = 0, done = 0, seen = 0;
  for (const entry of ledger.allEntries()) {
    // Of n entries the k-th of `total` is number ⌊k·n/total⌋.
    if (seen++ !== Math.floor(done * ledger.entries / total)) continue;
    signal?.throwIfAborted();
    const has = await hasFace(entry, { root, detector });
    done++;
    onProgress?.("looking for faces", done, total);
    if (has === undefined) continue;
    looked++;
    if (has) found++;
    else {
      const message = "no face in its middle frame. prepare lists every frame without one.";
      ledger.addFinding({ severity: "warning", kind: "noFace", path: entry.path, message });
    }
  }
  return { looked, found };
}
