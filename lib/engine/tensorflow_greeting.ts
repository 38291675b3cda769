/**
 * TensorFlow's greeting: two lines on standard error while the library loads, printed before any log
 * level counts, whatever is asked for; and the CUDA build's error where there is no GPU. They would
 * stand above the output of every command and notebook.
 */

/** What is left out of what the library says. */
const GREETING = [
  /^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR$/,
  /oneDNN custom operations are on\. You may see slightly different numerical results/,
];

/** Whether a line is one of the greeting's. */
export const isGreeting = (line: string): boolean => GREETING.some((known) => known.test(line));

/** What the CUDA build says when the driver or the GPU is not there: as it is loaded, and as an error. */
const NO_GPU = /\bCould not find cuda drivers on your machine\b|\bfailed call to cuInit: /;

/** What of the C library moves standard error aside; glibc has it all. */
const C_SYMBOLS = {
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  dup: { parameters: ["i32"], result: "i32" },
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

const STDERR = 2;

function openC(): Deno.DynamicLibrary<typeof C_SYMBOLS> | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    return Deno.dlopen("libc.so.6", C_SYMBOLS);
  } catch {
    return undefined; // another C library: the greeting stays
  }
}

/**
 * Loads the library without its greeting; see `withoutLines`.
 *
 * @param load Synchronous: what other code says meanwhile is passed on afterwards.
 * @param options `gpu`: whether one seems to be there; where none does, that is not said either. Default true.
 */
export function withoutGreeting<T>(load: () => T, { gpu = true }: { gpu?: boolean } = {}): T {
  return withoutLines((line) => isGreeting(line) || !gpu && NO_GPU.test(line), load);
}

/**
 * Makes the context without the error that there is no GPU; see `withoutLines`. Only for where none
 * seems to be there: elsewhere that line says what is wrong.
 *
 * @param make Synchronous: what other code says meanwhile is passed on afterwards.
 */
export function withoutGpuError<T>(make: () => T): T {
  return withoutLines((line) => NO_GPU.test(line), make);
}

/**
 * Runs `work` with standard error kept aside, and passes on what was said but for the known lines. Where
 * that is not possible, or `TF_CPP_MIN_LOG_LEVEL=0` asks to hear all, everything is said as ever.
 */
function withoutLines<T>(isKnown: (line: string) => boolean, work: () => T): T {
  if (Deno.env.get("TF_CPP_MIN_LOG_LEVEL") === "0") return work();
  const c = openC();
  if (!c) return work();
  const { memfd_create, dup, dup2, close } = c.symbols;
  const aside = memfd_create(new TextEncoder().encode("stderr\0"), 0), own = dup(STDERR);
  try {
    if (aside < 0 || own < 0 || dup2(aside, STDERR) < 0) return work();
    try {
      return work();
    } finally {
      dup2(own, STDERR);
      passOn(Deno.readTextFileSync(`/proc/self/fd/${aside}`), isKnown);
    }
  } finally {
    for (const file of [aside, own]) if (file >= 0) close(file);
    c.close();
  }
}

function passOn(said: string, isKnown: (line: string) => boolean): void {
  const rest = said.split("\n").filter((line) => !isKnown(line)).join("\n");
  if (rest !== "") Deno.stderr.writeSync(new TextEncoder().encode(rest));
}
