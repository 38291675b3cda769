/** The machine that a measurement belongs to, and what /proc knows about processes on it (Linux only). */
import { hardwareName } from "lib/engine/hardware_name.ts";
import { processorInstructions } from "lib/engine/processor_instructions.ts";

/** What decides how fast a machine computes. */
export interface Machine {
  /** The processor's name. */
  readonly processor: string;
  /** Cores this process may use. */
  readonly cores: number;
  /** Which of the instructions that matter here the processor has. */
  readonly instructions: string[];
  /** Memory in bytes. */
  readonly memory: number;
  /** Operating system and architecture, such as "linux x86_64". */
  readonly system: string;
}

/** From /proc where there is one; elsewhere the processor's name and instructions are unknown. */
export function describeMachine(): Machine {
  return {
    processor: hardwareName("CPU:0"),
    cores: navigator.hardwareConcurrency,
    instructions: processorInstructions(),
    memory: Deno.systemMemoryInfo().total,
    system: `${Deno.build.os} ${Deno.build.arch}`,
  };
}

/** The most memory a process has ever held at once, in bytes; null where the system does not say. */
export function peakMemory(pid: number): number | null {
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readProc(`/proc/${pid}/status`) ?? "")?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** Lets `peakMemory` start anew from what the process holds now, where the system can do that. */
export function resetPeakMemory(pid: number): void {
  try {
    Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // not Linux: peakMemory says null there
  }
}

/** Clock ticks a second in /proc: fixed by Linux's interface to programs, whatever the kernel's own. */
const TICKS = 100;

/** Seconds that all cores together have been busy since the machine started; null where unknown. */
export function busySeconds(): number | null {
  const fields = /^cpu +(.*)$/m.exec(readProc("/proc/stat") ?? "")?.[1]?.split(" ").map(Number);
  if (fields === undefined) return null;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softIrq + steal) / TICKS;
}

/** How many cores were busy on average over one second; null where unknown. */
export async function busyCores(): Promise<number | null> {
  const before = busySeconds();
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const after = busySeconds();
  if (before === null || after === null) return null;
  return (after - before) / ((performance.now() - start) / 1000);
}

/** Seconds of processor time that a process has used; null where unknown. */
export function processSeconds(pid: number): number | null {
  const afterName = readProc(`/proc/${pid}/stat`)?.replace(/^.*\) /s, "").split(" ");
  return afterName === undefined ? null : (Number(afterName[11]) + Number(afterName[12])) / TICKS;
}

function readProc(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null; // not Linux, or the process is gone
  }
}
