import assert from "node:assert/strict";
import { rocAuc } from "lib/evaluation/roc.ts";
import { createRandom } from "lib/random.ts";
import { openHistory } from "lib/training/history.ts";
import { learningRemarks } from "lib/training/learning_remarks.ts";
import { inFolder } from "../in_folder.ts";

/** What is remarked of a run with these losses, and of a validation after its last step. */
async function remarksOf(
  totals: readonly number[],
  { auc, videos }: { auc?: number; videos?: { real: number; fake: number } } = {},
): Promise<string[]> {
  let remarks: string[] = [];
  await inFolder(async (folder) => {
    using history = (await openHistory(folder, 0)).history;
    for (const [step, total] of totals.entries()) {
      const validated = auc !== undefined && step === totals.length - 1
        ? { validationAuc: auc }
        : {};
      await history.append({ step, learningRate: 1, seconds: step, total, ...validated });
    }
    remarks = await learningRemarks(folder, videos);
  });
  return remarks;
}

const line = (count: number, at: (share: number) => number) =>
  Array.from({ length: count }, (_, i) => at(i / (count - 1)));

Deno.test("learningRemarks tells of a loss that ends far above where it began, and of no other", async () => {
  const [remark] = await remarksOf(line(50, (x) => 5 + 5074 * x));
  assert.match(remark, /did not learn.*ends at \d{4}.*far above .*where it began.*learningRate/);
  const fine = [
    line(50, (x) => 5 - 4 * x),
    line(50, (x) => 5 + 4 * x), // higher, but not twice as high
    line(50, (x) => -5 + 2 * x),
    [...line(49, () => 5), 5000], // one bad batch at the end
    [5, 5000], // too few steps to tell
  ];
  for (const totals of fine) assert.deepEqual(await remarksOf(totals), []);
  assert.equal((await remarksOf(line(50, (x) => -5 + 20 * x))).length, 1);
});

Deno.test("learningRemarks calls an AUC chance that chance alone would reach, by video", async () => {
  const totals = line(20, (x) => 5 - x), videos = { real: 40, fake: 60 };
  const random = createRandom(3, "chance"), labels = line(100, (x) => x < 0.6 ? 1 : 0);
  const drawn = Array.from(
    { length: 400 },
    () => rocAuc(labels.map(() => random.uniform()), labels),
  );
  const deviation = Math.sqrt(drawn.reduce((sum, auc) => sum + (auc - 0.5) ** 2, 0) / drawn.length);
  const at = async (auc: number) => (await remarksOf(totals, { auc, videos })).length;
  assert.equal(await at(0.5 + 1.8 * deviation), 1);
  assert.equal(await at(0.5 + 2.2 * deviation), 0);
  assert.match((await remarksOf(totals, { auc: 0.5, videos }))[0], /40 real and 60 fake videos/);
  assert.deepEqual(await remarksOf(totals, { auc: 0.5 }), []);
});

Deno.test("learningRemarks of too few videos says that nothing can be told, whatever the AUC", async () => {
  const videos = { real: 3, fake: 1 };
  for (const auc of [0.5, 1]) {
    const [remark, ...more] = await remarksOf(line(20, (x) => 5 - x), { auc, videos });
    assert.match(remark, /cannot tell whether the run learned.*3 real and 1 fake videos/);
    assert.deepEqual(more, []);
  }
  assert.deepEqual(
    await remarksOf(line(20, (x) => 5 - x), { auc: 1, videos: { real: 4, fake: 4 } }),
    [],
  );
});

Deno.test("learningRemarks tells of steps without an update where they are more than one in twenty", async () => {
  const remarksWith = async (skips: number) => {
    let remarks: string[] = [];
    await inFolder(async (folder) => {
      using history = (await openHistory(folder, 0)).history;
      for (let step = 0; step < 40; step++) {
        const scale = { lossScale: 65536, skipped: step < skips ? 1 : 0 };
        await history.append({ step, learningRate: 1, seconds: step, total: 1, ...scale });
      }
      remarks = await learningRemarks(folder);
    });
    return remarks;
  };
  assert.deepEqual(await remarksWith(2), []);
  assert.match((await remarksWith(3))[0], /^3 of 40 steps moved no weight.*more than 5 %/);
});
