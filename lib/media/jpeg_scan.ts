/**
 * Whether a JPEG's scan is whole, told from its Huffman codes alone, without computing a pixel: decoders
 * fill what is lost with grey and go on. ITU-T T.81, annexes C and F. Decoding is left to others.
 */
import type { JpegHeader } from "./jpeg_header.ts";

/** What following a scan told. */
export interface ScanLook {
  /** What is wrong, to follow "it is damaged:"; undefined where every block of the picture is there. */
  readonly fault: string | undefined;
}

/** Codes up to this length are looked up at once; nearly all are shorter. */
const LOOKUP_BITS = 9;
const MASK = (1 << LOOKUP_BITS) - 1;
const [RST0, EOI] = [0xd0, 0xd9];

/**
 * A Huffman table, made for following. An entry holds, from its lowest bits: the code's length, 5 bits; bits
 * of the value that follows it, 4; how many coefficients it covers, 7, 64 for all that are left.
 */
interface Table {
  /** By the next `LOOKUP_BITS` bits; 0 where the code is longer, or there is none. */
  readonly short: Uint16Array;
  /** By length, 17 places: the first code of no such length above the ones that there are, left-aligned. */
  readonly limits: Int32Array;
  /** By length: what to add to a code for its place among the entries. */
  readonly offsets: Int32Array;
  /** In the order of the codes. */
  readonly entries: Uint16Array;
}

/** The table with these counts and symbols; undefined where there are more codes than fit. */
function makeTable(table: Uint8Array | undefined, kind: "dc" | "ac"): Table | undefined {
  if (table === undefined) return undefined;
  const symbols = table.subarray(16), entries = new Uint16Array(symbols.length);
  const short = new Uint16Array(1 << LOOKUP_BITS);
  const limits = new Int32Array(18), offsets = new Int32Array(18);
  for (let length = 1, code = 0, place = 0; length <= 16; length++, code <<= 1) {
    offsets[length] = place - code;
    for (let i = 0; i < table[length - 1]; i++, code++, place++) {
      const symbol = symbols[place];
      if (code >= 1 << length || (kind === "dc" && symbol > 15)) return undefined;
      const size = symbol & 15, run = symbol >> 4;
      const covers = kind === "dc" || size > 0 || run === 15 ? run + 1 : 64;
      const entry = entries[place] = covers << 9 | size << 5 | length;
      if (length > LOOKUP_BITS) continue;
      const shift = LOOKUP_BITS - length;
      short.fill(entry, code << shift, (code + 1) << shift);
    }
    limits[length] = code << (16 - length);
  }
  return { short, limits, offsets, entries };
}

/** The blocks of an MCU in their order, as their tables; undefined for scans of other kinds. */
function blocksOfMcu({ components, scan, tables }: JpegHeader): [Table, Table][] | undefined {
  if (scan.length !== components.length) return undefined;
  const made = new Map<number, Table | undefined>();
  const tableOf = (number: number, kind: "dc" | "ac") => {
    if (!made.has(number)) made.set(number, makeTable(tables.get(number), kind));
    return made.get(number);
  };
  const blocks: [Table, Table][] = [];
  for (const { component, dc, ac } of scan) {
    const differences = tableOf(dc, "dc"), coefficients = tableOf(16 + ac, "ac");
    if (!component || !differences || !coefficients) return undefined;
    const count = scan.length === 1 ? 1 : component.across * component.down;
    for (let i = 0; i < count; i++) blocks.push([differences, coefficients]);
  }
  // T.81, B.2.3: an MCU has 10 blocks at most.
  return blocks.length === 0 || blocks.length > 10 ? undefined : blocks;
}

function countMcus({ width, height, components, scan }: JpegHeader): number {
  const largest = (side: "across" | "down") =>
    scan.length === 1 ? 1 : Math.max(...components.map((component) => component[side]));
  return Math.ceil(width / (8 * largest("across"))) * Math.ceil(height / (8 * largest("down")));
}

/** Where following a piece of the scan came to. */
interface Piece {
  /** MCUs that are whole. */
  readonly mcus: number;
  /** The first byte that was not taken. */
  readonly at: number;
  /** Whole bytes that were taken and not used; negative where bytes were missing. */
  readonly unused: number;
  /** What was met in the last block, besides a lack of bytes. */
  readonly fault: "no such code" | "too many values" | undefined;
}

/** The entry of a code of more than `LOOKUP_BITS` bits, of which `next` holds 16; 0 where there is none. */
function longEntry({ limits, offsets, entries }: Table, next: number): number {
  for (let length = LOOKUP_BITS + 1; length <= 16; length++) {
    if (next < limits[length]) return entries[(next >> (16 - length)) + offsets[length]];
  }
  return 0;
}

/**
 * Follow `wanted` MCUs that no restart marker parts. No closure shares the variables, which would cost half
 * of the speed: training runs this loop for each picture.
 */
function followPiece(
  bytes: Uint8Array,
  start: number,
  { blocks, wanted }: { blocks: readonly [Table, Table][]; wanted: number },
): Piece {
  const end = bytes.length;
  // The next `count` bits of the scan are the lowest of `bits`; the last `made` of them are made up.
  let at = start, bits = 0, count = 0, made = 0, mcus = 0;
  let fault: Piece["fault"];
  follow: while (mcus < wanted) {
    for (let b = 0; b < blocks.length; b++) {
      let table = blocks[b][0];
      for (let k = 0; k < 64; table = blocks[b][1]) {
        while (count < 25) {
          let byte = at < end ? bytes[at] : 0xff;
          if (byte !== 0xff) at++;
          else if (bytes[at + 1] === 0) at += 2; // a stuffed one
          else { // a marker, or the end of the file
            byte = 0;
            made += 8;
          }
          bits = bits << 8 | byte;
          count += 8;
        }
        let entry = table.short[(bits >>> (count - LOOKUP_BITS)) & MASK];
        if (entry === 0) {
          entry = longEntry(table, (bits >>> (count - 16)) & 0xffff);
          if (entry === 0) {
            if (count - 16 < made) count = made - 1;
            else fault = "no such code";
            break follow;
          }
        }
        const covers = entry >> 9;
        k += covers;
        if (k > 64 && covers < 64) {
          fault = "too many values";
          break follow;
        }
        count -= (entry & 31) + ((entry >> 5) & 15);
        if (count < made) break follow;
      }
    }
    mcus++;
  }
  return { mcus, at, unused: Math.floor((count - made) / 8), fault };
}

/**
 * Follow the scan of a sequential Huffman-coded JPEG all of whose components are in its one scan: nearly
 * every picture that is not progressive. It takes a fraction of the time of decoding.
 *
 * A scan is whole when its codes are valid, give all blocks that the header promises, and end where the
 * scan ends. A lost end-of-image marker alone is no fault: the pixels are there.
 *
 * @returns undefined for JPEGs of other kinds, of which nothing is told here.
 */
export function followScan(bytes: Uint8Array, header: JpegHeader): ScanLook | undefined {
  const { frame, bits, height, restartInterval } = header;
  if ((frame !== 0xc0 && frame !== 0xc1) || bits !== 8 || height === 0) return undefined;
  const blocks = blocksOfMcu(header);
  if (blocks === undefined) return undefined;
  const mcus = countMcus(header), step = restartInterval || mcus;
  let at = header.dataStart;
  for (let done = 0; done < mcus; done += step) {
    const wanted = Math.min(step, mcus - done);
    const piece = followPiece(bytes, at, { blocks, wanted });
    at = piece.at;
    const where = `after ${done + piece.mcus} of ${mcus} parts of the picture`;
    if (piece.unused < 0) return { fault: `its data ends ${where}` };
    if (piece.fault) return { fault: `its data makes no sense (${piece.fault}) ${where}` };
    let left = piece.unused;
    while (at < bytes.length && (bytes[at] !== 0xff || bytes[at + 1] === 0)) at++, left++;
    if (left > 0) return { fault: `${left} bytes are left over ${where}` };
    while (bytes[at] === 0xff) at++; // the marker's own, and those that fill up before it
    const marker = bytes[at++], isLast = done + wanted === mcus;
    if (isLast) return marker === undefined || marker === EOI ? { fault: undefined } : undefined;
    if (marker === undefined || marker === EOI) return { fault: `its data ends ${where}` };
    if (marker !== RST0 + (done / step) % 8) {
      return { fault: `a restart marker is not where it belongs, ${where}` };
    }
  }
  return undefined; // no picture has no MCU
}
