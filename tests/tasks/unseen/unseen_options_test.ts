import assert from "node:assert/strict";
import { parseUnseenOptions } from "lib/tasks/unseen/unseen_options.ts";

Deno.test("parseUnseenOptions reads what to train on what, and what is said of the data", () => {
  const job = parseUnseenOptions(
    "--photographs faces --people folders --rows heads --train-on all;SBI --seeds 2 --job 2/3 --doi 10.1"
      .split(" "),
  );
  assert.deepEqual(job, {
    rows: ["heads"],
    seeds: 2,
    share: 2,
    jobs: 3,
    threads: 1,
    collect: false,
    device: {},
    photographs: "faces",
    settings: ["all", "SBI"],
    people: "folders",
    profile: "quick",
    missing: false,
    replace: false,
    data: { doi: "10.1" },
  });
  assert.equal(parseUnseenOptions(["--help"]), "help");
});

Deno.test("parseUnseenOptions without photographs is a look at the demo photographs, and nothing larger", () => {
  const job = parseUnseenOptions([]);
  assert.ok(job !== "help" && job.profile === "smoke" && job.photographs === undefined);
  assert.throws(() => parseUnseenOptions(["--profile", "full"]), /needs --photographs/);
  assert.throws(() => parseUnseenOptions(["--people", "faces"]), /names or folders/);
});
