/**
 * The pictures of batches of samples as they are listed: read in a thread, masks beside them, with others
 * for those that cannot be read.
 */
import type { Membership } from "lib/engine/collectives.ts";
import { labelsOf, type SampleList } from "lib/data/sample_list.ts";
import { ImageError } from "lib/media/image_error.ts";
import { orderOf, wantedOf } from "../batch_source.ts";
import type { BatchSettings, Pictures } from "../batches.ts";
import { shareOfPlaces } from "../device_share.ts";
import { lookUpWanted, wantsOf } from "../wanted.ts";
import { openDecoder } from "./picture_decoder.ts";
import { failureOf, maskPlaceOf, placeOf } from "./picture_files.ts";
import type { BegunBatch } from "./read_ahead.ts";
import { openSubstitutes, type Unreadable } from "./substitutes.ts";

/** What a source of listed pictures has besides its batches. */
export interface ListedPictures extends AsyncDisposable {
  /** Steps in one pass over the samples. */
  readonly batchesPerEpoch: number;
  /** The methods' names where they are wanted; a fake's number is its place from 1. */
  readonly methods: readonly string[];
  /** What was left out so far. */
  readonly unreadable: readonly Unreadable[];
  /** Begins the batch of a step. @throws RangeError when the step is not a whole number from 0. */
  begin(step: number): BegunBatch;
}

/**
 * The pictures of these samples.
 *
 * @param options As `openLoader` takes them.
 * @throws RangeError when the list has not what the settings ask for.
 */
export function openListedPictures(
  list: SampleList,
  { settings, share, root, onUnreadable, notice }: {
    settings: BatchSettings;
    share: Membership;
    root: string;
    onUnreadable: "error" | "skip";
    notice: ((line: string) => void) | undefined;
  },
): ListedPictures {
  const { input: { size }, mostPeople } = settings.detector;
  const labels = labelsOf(list);
  const wanted = lookUpWanted(list, wantsOf(settings), { mostPeople });
  const order = orderOf(labels, wanted, settings);
  const decoder = openDecoder({ size });
  const pathOf = (place: number) => placeOf(root, list.sample(place));
  const substitutes = openSubstitutes(list, {
    notice,
    failure: async (place) => {
      const isMasked = wanted.masks && labels[place] === 1;
      const paths = [pathOf(place), ...isMasked ? [maskPlaceOf(root, list.sample(place))] : []];
      const { failures } = await decoder.decode(paths).result;
      return failures.length > 0 ? failureOf(paths[failures[0].place], failures[0]) : undefined;
    },
  });

  /** The masks of the fakes at these places are read as pictures are, beside them. */
  const beginMasks = (places: readonly number[]) => {
    const masked = places.flatMap((place, i) => labels[place] === 1 ? [{ place, i }] : []);
    const paths = masked.map(({ place }) => maskPlaceOf(root, list.sample(place)));
    return { masked, paths, decoding: paths.length > 0 ? decoder.decode(paths) : undefined };
  };
  const finishMasks = async (
    { masked, paths, decoding }: ReturnType<typeof beginMasks>,
    count: number,
  ) => {
    const masks = new Uint8Array(count * size * size);
    if (!decoding) return { masks, failed: [] }; // all are real
    const { pixels, failures } = await decoding.result;
    masked.forEach(({ i }, k) => {
      for (let at = 0; at < size * size; at++) {
        masks[i * size * size + at] = pixels[3 * (k * size * size + at)]; // one of three equal channels
      }
    });
    const failed = failures.map((failure) => ({
      i: masked[failure.place].i,
      error: failureOf(paths[failure.place], failure),
    }));
    return { masks, failed };
  };
  const beginAt = (places: number[]) => ({
    places,
    decoding: decoder.decode(places.map(pathOf)),
    ...wanted.masks ? { masks: beginMasks(places) } : {},
  });
  /** The pictures at these places, with others for the ones that, or whose masks, cannot be read. */
  const finish = async (
    { places, decoding, masks }: ReturnType<typeof beginAt>,
  ): Promise<Pictures> => {
    const { pixels, failures } = await decoding.result;
    const ofMasks = masks && await finishMasks(masks, places.length);
    const failed = [
      ...failures.map((failure) => ({
        i: failure.place,
        error: failureOf(pathOf(places[failure.place]), failure),
      })),
      ...ofMasks?.failed ?? [],
    ];
    if (failed.length === 0) {
      return {
        pixels,
        width: size,
        height: size,
        labels: places.map((place) => labels[place]),
        indices: places,
        ...wantedOf(places, wanted),
        ...ofMasks ? { masks: ofMasks.masks } : {},
      };
    }
    for (const { i, error } of failed) {
      if (onUnreadable === "error" || !(error instanceof ImageError)) throw error;
      await substitutes.find(places[i], error);
    }
    return await finish(beginAt(places.map((place) => substitutes.known(place))));
  };
  const begin = (step: number): BegunBatch => {
    const places = shareOfPlaces(order.places(step), { step, settings, share });
    const begun = beginAt(places.map((place) => substitutes.known(place)));
    return {
      finish: () => finish(begun),
      callOff: () => {
        begun.decoding.callOff();
        begun.masks?.decoding?.callOff();
      },
    };
  };
  return {
    batchesPerEpoch: order.batchesPerEpoch,
    methods: wanted.methods ?? [],
    unreadable: substitutes.found,
    begin,
    [Symbol.asyncDispose]: () => decoder[Symbol.asyncDispose](),
  };
}
