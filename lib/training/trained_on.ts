/**
 * Which videos and people a run learnt from and was chosen on: a file in the run's folder, with which
 * what is to be measured is compared before anything is.
 */
import { join } from "node:path";
import { NameTable } from "lib/data/name_table.ts";
import type { Sample } from "lib/data/samples.ts";
import { csvRows, writeCsv } from "lib/io/csv_rows.ts";

/** The file's name in a run's folder. */
const TRAINED_ON = "trained_on.csv";

const COLUMNS = ["dataset", "video", "split", "identities"] as const;

/** A further column: the forgers that made fakes of the video's pictures on the way; empty for none. */
const FORGED = "forged";

/** Between two identities, as in manifests. */
const BETWEEN = "+";

const keyOf = (dataset: string, name: string) => JSON.stringify([dataset, name]);

/** One row a video. */
function* rowsOf(
  samples: Iterable<Sample>,
  forge: string,
): Generator<Record<typeof COLUMNS[number] | typeof FORGED, string>> {
  const seen = new NameTable();
  for (const { dataset, video, split, identities } of samples) {
    const { size } = seen;
    if (seen.numberOf(keyOf(dataset, video)) < size) continue;
    const forged = forge !== "none" && split === "train" ? forge : "";
    yield { dataset, video, split, identities: identities.join(BETWEEN), forged };
  }
}

/**
 * Writes the list, whole or not at all.
 *
 * @param folder The run's; it is made where it is not there.
 * @param samples Of training and validation; of each video one is enough.
 * @param options `forge`: the run's setting, the forgers that make fakes of the training samples on the way.
 */
export async function writeTrainedOn(
  folder: string,
  samples: Iterable<Sample>,
  { forge = "none" }: { forge?: string } = {},
): Promise<void> {
  await writeCsv(join(folder, TRAINED_ON), rowsOf(samples, forge), [...COLUMNS, FORGED]);
}

/** What a test set shares with what a run was trained and chosen on. */
export interface SharedWithTraining {
  /** Videos of the test set that are in the list, each with its data set; at most a few are named. */
  readonly videos: readonly string[];
  /** How many there are. */
  readonly videoCount: number;
  /** People likewise. */
  readonly identities: readonly string[];
  /** How many there are. */
  readonly identityCount: number;
}

/** So many are named in an error. */
const NAMED = 5;

/**
 * Compares samples with the list in a run's folder.
 *
 * @param samples To be measured, however many.
 * @returns Undefined where the folder has no list: a run of the first edition, or weights of other origin.
 */
export async function sharedWithTraining(
  folder: string,
  samples: Iterable<Sample> | AsyncIterable<Sample>,
): Promise<SharedWithTraining | undefined> {
  const path = join(folder, TRAINED_ON);
  if (!await Deno.stat(path).then(() => true, () => false)) return undefined;
  const known = { videos: new Set<string>(), identities: new Set<string>() };
  for await (const { cells } of csvRows(path, COLUMNS)) {
    known.videos.add(keyOf(cells.dataset, cells.video));
    for (const identity of cells.identities.split(BETWEEN)) {
      if (identity !== "") known.identities.add(keyOf(cells.dataset, identity));
    }
  }
  const shared = { videos: new Map<string, string>(), identities: new Map<string, string>() };
  for await (const { dataset, video, identities } of samples) {
    const look = (kind: keyof typeof known, name: string) => {
      const key = keyOf(dataset, name);
      if (known[kind].has(key)) shared[kind].set(key, `${JSON.stringify(name)} of ${dataset}`);
    };
    look("videos", video);
    for (const identity of identities) look("identities", identity);
  }
  return {
    videos: [...shared.videos.values()].slice(0, NAMED),
    videoCount: shared.videos.size,
    identities: [...shared.identities.values()].slice(0, NAMED),
    identityCount: shared.identities.size,
  };
}

/**
 * Check that nothing that is measured was learnt from.
 *
 * @param options `allowSharedIdentities`: people may be on both sides, as in Celeb-DF, whose test list was
 * made by video; videos never may.
 * @returns What is shared and was allowed to be, in a sentence to be printed with the results.
 * @throws RangeError that names the first videos, or people, that are on both sides.
 */
export function assertApart(
  { videos, videoCount, identities, identityCount }: SharedWithTraining,
  { allowSharedIdentities }: { allowSharedIdentities: boolean },
): string | undefined {
  const named = (list: readonly string[], count: number) =>
    list.join(", ") + (count > list.length ? ", …" : "");
  if (videoCount > 0) {
    throw new RangeError(
      `The detector was trained or chosen on ${videoCount} of these videos: ` +
        `${
          named(videos, videoCount)
        }. A number measured on them says nothing about others: test on a ` +
        "split that it has not seen.",
    );
  }
  if (identityCount === 0) return undefined;
  const sentence =
    `${identityCount} people are in these samples and in those that the detector was ` +
    `trained or chosen on: ${named(identities, identityCount)}.`;
  if (allowSharedIdentities) return sentence;
  throw new RangeError(
    `${sentence} The result would say little about strangers. Where the publisher's own lists share ` +
      "people (Celeb-DF, DFDC), add --allow-shared-identities, and it is said beside the result.",
  );
}
