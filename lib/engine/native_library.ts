/**
 * The opened TensorFlow library: its functions, C strings with fixed addresses, and errors. What the
 * functions are called for is left to others.
 */
import type { TensorDescription } from "./kernel_binding.ts";
import { C_SYMBOLS, type Symbols, TENSORFLOW_SYMBOLS } from "./c_api_symbols.ts";
import { TensorFlowError } from "./tensorflow_error.ts";

/** The library and what every call to it needs. */
export interface Native {
  /** Where the library is. */
  readonly path: string;
  /** The C functions. */
  readonly symbols: Symbols;
  /** Address of a TF_Status that calls report to; `check` reads it. */
  readonly status: bigint;
  /** Address of a zero-terminated copy of a text, which stays for the life of the process. */
  cstring(text: string): bigint;
  /** The text at an address. */
  text(address: bigint): string;
  /** Throws a `TensorFlowError` when the last call reported one; `operation` says what was done. */
  check(operation: string, inputs?: () => readonly TensorDescription[]): void;
  /** Reads and clears a status of one's own, for calls that run aside. */
  takeStatus(status: bigint, operation: string): void;
}

const encoder = new TextEncoder();

/** The address of a buffer. It must be larger than 64 bytes: V8 moves smaller ones about. */
export function addressOf(buffer: Uint8Array<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer)));
}

/** Memory that never moves and is never freed, for short C strings. */
function fixedMemory(): (bytes: Uint8Array) => bigint {
  const blocks: Uint8Array<ArrayBuffer>[] = []; // kept reachable
  let block = new Uint8Array(0), used = 0;
  return (bytes) => {
    const length = (bytes.length + 15) & ~15;
    if (used + length > block.length) {
      block = new Uint8Array(Math.max(65_536, length));
      blocks.push(block);
      used = 0;
    }
    block.set(bytes, used);
    used += length;
    return addressOf(block) + BigInt(used - length);
  };
}

function load(path: string): Symbols {
  try {
    const { symbols } = Deno.dlopen(path, TENSORFLOW_SYMBOLS);
    // The C library is found through TensorFlow's own dependencies; Windows looks into no other library.
    const c = Deno.dlopen(Deno.build.os === "windows" ? "msvcrt.dll" : path, C_SYMBOLS);
    return { ...c.symbols, ...symbols };
  } catch (error) {
    throw new Error(
      `TensorFlow's library ${path} could not be loaded; it may be damaged or for another platform. ` +
        '`deno task doctor` checks it; startEngine({ backend: "cpu" }) goes without it.',
      { cause: error },
    );
  }
}

/**
 * Opens the library.
 *
 * @param path Path of the library; see `findLibrary`.
 * @throws Error when it cannot be loaded, with the loader's words.
 */
export function openNative(path: string): Native {
  // Read when the library is loaded: errors only, unless the user wants more.
  if (Deno.env.get("TF_CPP_MIN_LOG_LEVEL") === undefined) Deno.env.set("TF_CPP_MIN_LOG_LEVEL", "2");
  const symbols = load(path);
  const place = fixedMemory();
  const known = new Map<string, bigint>();
  const cstring = (text: string): bigint => {
    let address = known.get(text);
    if (address === undefined) {
      address = place(encoder.encode(text + "\0"));
      known.set(text, address);
    }
    return address;
  };
  const text = (address: bigint): string => {
    const pointer = Deno.UnsafePointer.create(address);
    return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer);
  };
  // At exit Deno closes its libraries, and TensorFlow crashes when it is unloaded (exit code 139). A
  // second reference, never given back, keeps it loaded. 2 is RTLD_NOW.
  if (symbols.dlopen?.(cstring(path), 2) === 0n) throw new Error(text(symbols.dlerror!()));

  const status = symbols.TF_NewStatus();
  const check = (operation: string, inputs?: () => readonly TensorDescription[]) => {
    const code = symbols.TF_GetCode(status);
    if (code !== 0) {
      throw new TensorFlowError(code, text(symbols.TF_Message(status)), {
        operation,
        inputs: inputs?.() ?? [],
      });
    }
  };
  const takeStatus = (own: bigint, operation: string) => {
    const code = symbols.TF_GetCode(own), message = text(symbols.TF_Message(own));
    symbols.TF_DeleteStatus(own);
    if (code !== 0) throw new TensorFlowError(code, message, { operation, inputs: [] });
  };
  return { path, symbols, status, cstring, text, check, takeStatus };
}
