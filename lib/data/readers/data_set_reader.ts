/**
 * What every reader gives: a data set's entries, what is wrong with it, and what its publisher says of
 * it. The readers stand in the files beside this one.
 */
import type { Description } from "../descriptions.ts";
import type { VideoEntry } from "../data_set_entries.ts";

/** Something that a reader cannot give as an entry, or that needs a person's eye. */
export interface ReadProblem {
  /**
   * "absent": named by a list and not there. "unlisted": there and named by no list. "unreadable":
   * cannot be looked at. "contradiction": two places say different things. "misspelt": a path that
   * means another one. "malformed": a list's line or item that says nothing. "assumed": what the reader
   * took for granted where nothing says so.
   */
  readonly kind:
    | "absent"
    | "unlisted"
    | "unreadable"
    | "contradiction"
    | "misspelt"
    | "malformed"
    | "assumed";
  /** Below the data set's root; for lists with their line. */
  readonly path: string;
  /** What is wrong and what to do, in a sentence or two. */
  readonly message: string;
  /** How many videos it is about. Default 1. */
  readonly videos?: number;
}

/** Called for each problem, as it is met. Nothing is left out without such a call. */
export type OnProblem = (problem: ReadProblem) => void;

/** A number of videos that the publisher states. */
export interface PublishedCount {
  /** Which videos are counted; what is not said counts all. */
  readonly of: Partial<Pick<VideoEntry, "label" | "method" | "split">>;
  /** How many there are. */
  readonly videos: number;
  /** Where that is stated. */
  readonly source: string;
}

/** What is known about a data set without looking at it. */
export interface Facts {
  /** Videos by method and split. */
  readonly published: readonly PublishedCount[];
  /** How to get it, and what is missing of it. */
  readonly obtain: string;
  /**
   * How often the official code repeats each real training picture, for `realRepeats` of the
   * configuration; undefined for data sets it does not know. [code: dataset.py at commit c361f1c]
   */
  readonly officialRealRepeats?: number;
  /** Why one identity is in several splits, where the publisher's own lists make it so. */
  readonly sharedIdentities?: string;
}

/** A way to read one kind of data set. */
export interface Reader {
  /**
   * The entries in an order that is always the same; memory does not grow with their number, but for
   * the names in one folder and in one list.
   *
   * @throws RangeError or Error when nothing can be read at all: no root, no list.
   */
  read(description: Description, onProblem: OnProblem): AsyncGenerator<VideoEntry>;
  /** What its publisher states. */
  facts(description: Description): Facts;
}
