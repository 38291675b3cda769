/**
 * A run of prepare that a test kills or starves: the arguments are a JSON file of entries, the root, the
 * output folder and the crops' format. Says "ready" when it begins.
 */

import type { VideoEntry } from "lib/data/entries.ts";
import { Preparation } from "lib/data/prepare.ts";
import { SETTINGS, sourceOf } from "./made_data_set.ts";

const [list, root, folder, format] = Deno.args;
Deno.addSignalListener("SIGXFSZ", () => {}); // a limit on files stands in for a full disk
const entries = JSON.parse(await Deno.readTextFile(list!)) as VideoEntry[];
await using preparation = await Preparation.open(sourceOf(root!, entries), {
  folder: folder!,
  settings: { ...SETTINGS, format: format as "jpg" | "png" },
});
Deno.stdout.writeSync(new TextEncoder().encode("ready\n"));
for await (const _ of preparation.run({ atOnce: 2 }));
await preparation.join();
Deno.stdout.writeSync(new TextEncoder().encode("whole\n"));
