/**
 * The endings of names by which folders are searched for pictures and videos. What a file holds decides how
 * it is read; an ending only whether it is looked at, so that none is passed over without a word.
 */

/** Endings of pictures that image.ts reads, without the dot. */
const PICTURE_ENDINGS = ["png", "jpg", "jpeg", "jpe", "jfif", "webp", "tif", "tiff", "gif", "avif"];

/** Endings of videos that video.ts reads, without the dot. */
const VIDEO_ENDINGS = [
  ...["mp4", "m4v", "mov", "qt", "3gp", "3g2", "mkv", "webm", "avi", "flv", "f4v", "wmv", "asf"],
  ...["mpg", "mpeg", "m2v", "vob", "ts", "mts", "m2ts", "ogv", "ogm", "mxf"],
];

/**
 * Endings of pictures and videos that are known and not read: whoever finds one says so, with the reason
 * that `readImage` gives.
 */
const UNREAD_ENDINGS = [
  ...[
    "bmp",
    "heic",
    "heif",
    "jp2",
    "j2k",
    "jxl",
    "psd",
    "ico",
    "exr",
    "hdr",
    "tga",
    "ppm",
    "pgm",
    "pnm",
  ],
  ...[
    "svg",
    "pdf",
    "dng",
    "cr2",
    "cr3",
    "nef",
    "arw",
    "rm",
    "rmvb",
    "h264",
    "264",
    "hevc",
    "265",
    "y4m",
  ],
];

/** The ending of a name in lower case, without the dot; "" where there is none. */
const endingOf = (name: string) => /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase() ?? "";

/** Whether a file by this name is looked at as a picture. */
export const isPictureName = (name: string): boolean => PICTURE_ENDINGS.includes(endingOf(name));

/** Whether a file by this name is looked at as a video. */
export const isVideoName = (name: string): boolean => VIDEO_ENDINGS.includes(endingOf(name));

/** Whether a file by this name is a picture or a video of a kind that is not read. */
export const isUnreadName = (name: string): boolean => UNREAD_ENDINGS.includes(endingOf(name));
