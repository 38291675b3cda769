/** The benchmark's pictures, made once for some photographs and kept on disk for all jobs. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keptOnDisk } from "lib/forgeries/stand_ins/stand_in_cache.ts";
import { sha256 } from "lib/io/sha256.ts";
import {
  demoPortraits,
  type LeftOut,
  type PeopleBy,
  photographsIn,
  portraitsIn,
} from "./portraits.ts";
import {
  makeUnseenCrops,
  MARGIN,
  type UnseenCrops,
  unseenCrops,
  type UnseenSizes,
} from "./unseen_crops.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What pictures are made of. */
export interface UnseenSource {
  /** A folder of photographs; left out, the six demo photographs. */
  readonly photographs?: string | undefined;
  /** What tells people apart in the folder. */
  readonly people: PeopleBy;
}

/** How pictures are made. */
export interface UnseenPicturesOptions {
  /** How many and how large. */
  readonly sizes: UnseenSizes;
  /** Folder to keep them in; null keeps nothing. */
  readonly cache: string | null;
  /** Hears in a line what is made, and of photographs that are left out. */
  readonly notice: (line: string) => void;
  /** Ends it between two photographs. */
  readonly signal?: AbortSignal;
}

/** The text of all code that decides the pixels and is not known to `keptOnDisk`. */
async function codeText(): Promise<string[]> {
  const texts: string[] = [];
  const look = async (folder: string): Promise<void> => {
    const items = await Array.fromAsync(Deno.readDir(join(ROOT, folder)));
    for (const { name, isDirectory } of items.sort((a, b) => a.name < b.name ? -1 : 1)) {
      const path = `${folder}/${name}`;
      if (isDirectory) await look(path);
      else texts.push(path, await Deno.readTextFile(join(ROOT, path)));
    }
  };
  await look("lib/forgeries");
  for (const name of ["portraits", "split_people", "unseen_crops"]) {
    texts.push(await Deno.readTextFile(join(ROOT, `lib/studies/unseen/${name}.ts`)));
  }
  return texts;
}

/** A digest of all photographs: names and bytes. */
async function photographsWord(folder: string): Promise<string> {
  const digests: string[] = [];
  for (const path of await photographsIn(folder)) {
    digests.push(path, sha256(await Deno.readFile(join(folder, path))));
  }
  return sha256(...digests);
}

/**
 * The pictures, from what is kept where photographs, sizes and code are the same, else made anew. Faces
 * are found and forged by one thread: a hundred people take a minute or two.
 *
 * Processors of different kinds make different ones: the face detector and the landmarks' network add up float32
 * in another order. Of 20 photographs of 480 pixels the boxes and landmarks of one with AVX-512 and of one without
 * differed by 0.000024 pixels at most (landmarks 0.000005 on average), and of the 524 pictures made of them three
 * did, each in one value by one level. So what is kept is of the processor that made it, and can be copied.
 *
 * @throws RangeError for a folder without pictures or with too few people.
 */
export async function unseenPictures(
  { photographs, people }: UnseenSource,
  { sizes, cache, notice, signal }: UnseenPicturesOptions,
): Promise<UnseenCrops> {
  const deciding = {
    sizes,
    code: sha256(...await codeText()),
    photographs: photographs === undefined ? "demo" : await photographsWord(photographs),
    people,
  };
  const { train, test } = await keptOnDisk({ cache, notice, ...deciding }, async () => {
    notice(`Making pictures of ${photographs ?? "the six demo photographs"} …`);
    const left: LeftOut[] = [];
    const portraits = photographs === undefined
      ? demoPortraits(MARGIN)
      : portraitsIn(photographs, { people, left });
    const made = await makeUnseenCrops(portraits, sizes, signal ? { signal } : {});
    for (const { path, why } of left) notice(`Left out ${path}: ${why}.`);
    const kept = made.map((crop) => ({ ...crop, mask: crop.mask!, donor: undefined }));
    return { train: kept, test: [] };
  });
  return unseenCrops([...train, ...test]);
}
