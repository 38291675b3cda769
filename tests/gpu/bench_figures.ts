/** The figures of a report that the bench has just written: `bench_figures.ts FOLDER`, of its newest report. */
import { join } from "node:path";
import { caseName } from "lib/tasks/bench/bench_cases.ts";
import type { BenchReport } from "lib/tasks/bench/bench_report.ts";
import { judge, speed } from "lib/tasks/bench/verdict.ts";
import { sayFigure } from "./figures.ts";

const [folder] = Deno.args;
const names = await Array.fromAsync(Deno.readDir(folder!), ({ name }) => name).catch(() => []);
const newest = names.filter((name) => name.endsWith(".json")).sort().at(-1);
if (newest === undefined) Deno.exit(1); // the bench has said why
const text = await Deno.readTextFile(join(folder!, newest));
const { sides, agreements, results, failures } = JSON.parse(text) as BenchReport;

for (const side of sides) sayFigure("bench", { ...side });
for (const agreement of agreements) sayFigure("agree", { ...agreement });
for (const result of results) {
  const { case: one, ours, peer } = result, verdict = judge(result);
  sayFigure("bench", {
    case: caseName(one),
    batch: one.batch,
    variant: peer?.variant,
    imagesPerSecond: [ours, peer!].map((side) => speed(result, side)),
    ratio: verdict?.ratio,
    takenMemory: [ours.peakMemory, peer?.peakMemory],
    allocated: peer?.allocated,
    reserved: peer?.reserved,
    tried: peer?.tried,
  });
}
for (const failure of failures) sayFigure("bench", { ...failure });
