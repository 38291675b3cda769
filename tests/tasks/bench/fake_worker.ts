/**
 * A worker of the bench that computes nothing. Its argument is JSON: seconds a step takes by variant
 * (`steps`), what `prepare` throws by variant (`fails`) or for want of a precision (`refuses`), the loss and the
 * device and TF32 it claims, what PyTorch counts of a GPU (`counts`), or `dies` or `hangs` at the first burst. Every request is appended to the file `log`, to see in which order they came.
 */
import { createInterface } from "node:readline";
import process from "node:process";

interface Behaviour {
  steps: Record<string, number>;
  fails?: Record<string, string>;
  refuses?: string;
  device?: string;
  tensorFloat32?: true;
  counts?: { allocated: number; reserved: number };
  loss?: number;
  end?: "dies" | "hangs";
  log?: string;
  name?: string;
}

const behaviour = JSON.parse(Deno.args[0]!) as Behaviour;
let variant = "";

const refused = behaviour.refuses && { error: behaviour.refuses, refused: true };

const replies: Record<string, (request: Record<string, never>) => unknown> = {
  describe: () => ({
    ...{ name: "Fake", version: "1", threads: 1, detail: "computes nothing" },
    device: behaviour.device ?? "CPU:0",
    tensorFloat32: behaviour.tensorFloat32 ?? false,
  }),
  peak: () => refused ?? { flops: 1e12 },
  check: () => ({ parameters: 3, logits: [1, -2], loss: behaviour.loss ?? 0.5 }),
  operations: () => ({ times: { convolution: 1 } }),
  prepare: (request) => {
    variant = request["variant"]!;
    const reason = behaviour.fails?.[variant];
    if (reason !== undefined) return { error: reason };
    return refused ?? { parameters: 3, value: 0, ...behaviour.counts };
  },
  burst: (request) => ({ seconds: behaviour.steps[variant]! * request["steps"]!, value: 0 }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (behaviour.log) {
    const tf32 = request.do === "check" ? Deno.env.get("FORGERY_CLUES_BENCH_TF32") ?? "" : "";
    const line = `${behaviour.name}:${request.do}${tf32} `;
    Deno.writeTextFileSync(behaviour.log, line, { append: true });
  }
  if (request.do === "burst" && behaviour.end === "dies") {
    process.stderr.write("out of luck\n");
    Deno.exit(7);
  }
  if (request.do === "burst" && behaviour.end === "hangs") await new Promise(() => {});
  process.stdout.write(JSON.stringify(replies[request.do]!(request)) + "\n");
}
