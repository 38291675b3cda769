/**
 * Gives back the pages of TensorFlow's files that only loading it needed: relocation tables and
 * the code that registers operations, 0.25 GB of a process's resident memory. They are copies of
 * the file; one that is needed again comes back from the system's cache by itself. Linux only.
 */
import type { Native } from "./native_library.ts";

/** MADV_DONTNEED of Linux. */
const DONT_NEED = 4;

/** A line of /proc/self/smaps that begins a mapping: its range, its rights, and its file. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (\S+) .*?(\/.*)?$/;

/** The address ranges of `smaps` that are TensorFlow's files exactly as on disk. */
export function unchangedMappings(smaps: string): { start: bigint; length: bigint }[] {
  return smaps.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/).flatMap((entry) => {
    const [, start, end, rights, file] = MAPPING.exec(entry.split("\n", 1)[0]) ?? [];
    // What loading has written to belongs to the process alone and would be lost: tables of
    // addresses are made read-only after that, so that the rights do not tell.
    const untouched = /^Anonymous:\s+0 kB$/m.test(entry) && !rights?.includes("w");
    if (!untouched || !file?.includes("libtensorflow")) return [];
    const from = BigInt(`0x${start}`);
    return [{ start: from, length: BigInt(`0x${end}`) - from }];
  });
}

/** Gives them back; does nothing where the system has no such thing or does not let us look. */
export function releaseLibraryPages({ symbols }: Native): void {
  let smaps: string;
  try {
    smaps = Deno.readTextFileSync("/proc/self/smaps");
  } catch {
    return;
  }
  for (const { start, length } of unchangedMappings(smaps)) {
    symbols.madvise?.(start, length, DONT_NEED);
  }
}
