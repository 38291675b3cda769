/**
 * A run of prepare that a test kills or starves: the arguments are a JSON file of entries, the root, the
 * output folder and the crops' format. Says "ready" when it begins, and "unit" after each unit.
 */

import type { VideoEntry } from "lib/data/data_set_entries.ts";
import { Preparation } from "lib/data/prepare.ts";
import { SETTINGS, sourceOf } from "./made_data_set.ts";

const [list, root, folder, format] = Deno.args;
Deno.addSignalListener("SIGXFSZ", () => {}); // a limit on files stands in for a full disk
const entries = JSON.parse(await Deno.readTextFile(list!)) as VideoEntry[];
await using preparation = await Preparation.open(sourceOf(root!, entries), {
  folder: folder!,
  settings: { ...SETTINGS, format: format as "jpg" | "png" },
});
const say = (word: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${word}\n`));
say("ready");
for await (const _ of preparation.run({ atOnce: 2 })) say("unit");
await preparation.join();
say("whole");
