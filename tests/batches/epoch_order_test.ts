import assert from "node:assert/strict";
import fc from "fast-check";
import {
  epochOrder,
  madePairOrder,
  type OrderSettings,
  pairOrder,
} from "lib/batches/epoch_order.ts";
import { createRandom } from "lib/random.ts";

const labelLists = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 30 }))
  .map(([real, fake]) => [...Array(real).fill(0), ...Array(fake).fill(1)] as number[]);
const settings = fc.record({
  batchSize: fc.integer({ min: 2, max: 12 }),
  seed: fc.nat(),
  realRepeats: fc.integer({ min: 1, max: 6 }),
});

const EQUAL: OrderSettings = { batchSize: 4, seed: 1, balance: "equal", realRepeats: 1 };

/** The batches of an epoch. */
function epochOf(labels: readonly number[], settings: OrderSettings, epoch = 0): number[][] {
  const { batchesPerEpoch, places } = epochOrder(labels, settings);
  return Array.from({ length: batchesPerEpoch }, (_, i) => places(epoch * batchesPerEpoch + i));
}

const timesIn = (flat: readonly number[], place: number) => flat.filter((i) => i === place).length;

Deno.test("epochOrder balances 1:1, uses every sample, and repeats the rarer kind evenly", () => {
  fc.assert(fc.property(labelLists, settings, fc.nat(5), (labels, options, epoch) => {
    const plan = epochOf(labels, { ...options, balance: "equal" }, epoch);
    const flat = plan.flat();
    assert.ok(plan.every((batch) => batch.length === options.batchSize));
    const fakes = flat.filter((i) => labels[i] === 1).length;
    assert.ok(Math.abs(2 * fakes - flat.length) <= 1);
    if (options.batchSize % 2 === 0) {
      for (const batch of plan) {
        assert.equal(batch.filter((i) => labels[i] === 1).length, options.batchSize / 2);
      }
    }
    for (const label of [0, 1]) {
      const counts = labels.flatMap((l, i) => l === label ? [timesIn(flat, i)] : []);
      assert.ok(Math.min(...counts) >= 1, "every sample appears");
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, "none much more often");
    }
  }));
});

Deno.test("epochOrder repeats each real as often as told, but for filling the last batch", () => {
  fc.assert(fc.property(labelLists, settings, fc.nat(5), (labels, options, epoch) => {
    const flat = epochOf(labels, { ...options, balance: "repeatReals" }, epoch).flat();
    const repeats = labels.map((label) => label === 0 ? options.realRepeats : 1);
    const length = repeats.reduce((a, b) => a + b);
    const whole = flat.slice(0, length);
    labels.forEach((_, i) => assert.equal(timesIn(whole, i), repeats[i]));
    assert.ok(flat.length - length < options.batchSize);
  }));
});

Deno.test("epochOrder without balance shows each sample once, but for filling the last batch", () => {
  fc.assert(fc.property(labelLists, settings, fc.nat(5), (labels, options, epoch) => {
    const flat = epochOf(labels, { ...options, balance: "none" }, epoch).flat();
    assert.equal(new Set(flat.slice(0, labels.length)).size, labels.length);
    assert.ok(flat.length - labels.length < options.batchSize);
  }));
});

Deno.test("epochOrder gives a step the same places, whatever was asked before", () => {
  const labels = Array.from({ length: 40 }, (_, i) => (i % 4 ? 1 : 0));
  const balances = ["equal", "repeatReals", "none"] as const;
  for (const balance of balances) {
    const settings = { ...EQUAL, balance, realRepeats: 3 }, steps = 100;
    const inTurn = epochOrder(labels, settings), random = createRandom(5, balance);
    const expected = Array.from({ length: steps }, (_, step) => inTurn.places(step));
    const jumping = epochOrder(labels, settings);
    for (let i = 0; i < 200; i++) {
      const step = random.integer(steps);
      assert.deepEqual(jumping.places(step), expected[step]);
    }
  }
});

Deno.test("epochOrder follows from seed and epoch, and differs between them", () => {
  const labels = Array.from({ length: 40 }, (_, i) => (i % 4 ? 1 : 0));
  const plan = (seed: number, epoch: number) => epochOf(labels, { ...EQUAL, seed }, epoch);
  assert.deepEqual(plan(1, 2), plan(1, 2));
  assert.notDeepEqual(plan(1, 2), plan(1, 3));
  assert.notDeepEqual(plan(1, 2), plan(2, 2));
});

Deno.test("epochOrder gives the order that runs of earlier versions had", () => {
  const labels = [0, 0, 1, 1, 1, 1, 1];
  assert.deepEqual(epochOf(labels, { ...EQUAL, seed: 7 }), [[0, 3, 1, 6], [0, 4, 1, 5], [
    0,
    2,
    1,
    2,
  ]]);
});

Deno.test("epochOrder goes through a million samples in 24 MB of heap", async () => {
  const program = `
    import { epochOrder } from "lib/batches/epoch_order.ts";
    const labels = new Uint8Array(1_000_000).fill(1).fill(0, 0, 200_000);
    const { batchesPerEpoch, places } = epochOrder(labels, {
      batchSize: 32, seed: 1, balance: "repeatReals", realRepeats: 4,
    });
    const seen = new Uint8Array(labels.length);
    for (let step = 0; step < batchesPerEpoch; step++) for (const i of places(step)) seen[i]++;
    console.log(batchesPerEpoch, seen.every((times, i) => times === (labels[i] === 0 ? 4 : 1)));
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--v8-flags=--max-old-space-size=24", program],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(text(stdout).trim(), `${1_600_000 / 32} true`, text(stderr));
});

Deno.test("epochOrder refuses small batches, a missing kind, no samples and odd steps", () => {
  assert.throws(() => epochOrder([0, 1], { ...EQUAL, batchSize: 1 }), RangeError);
  assert.throws(() => epochOrder([1, 1], EQUAL), /no real sample/);
  assert.throws(() => epochOrder([0, 0], EQUAL), /no fake sample/);
  assert.throws(() => epochOrder([0, 0], { ...EQUAL, balance: "repeatReals" }), /no fake sample/);
  assert.throws(() => epochOrder([], { ...EQUAL, balance: "none" }), RangeError);
  for (const step of [-1, 0.5, NaN]) {
    assert.throws(() => epochOrder([0, 1], EQUAL).places(step), /step is a whole number/);
  }
});

const sourceLists = fc.array(fc.option(fc.nat(4), { freq: 3 }), { minLength: 1, maxLength: 25 })
  .filter((sources) => sources.some((source) => source !== null))
  // Five reals come first; a fake names one of them, or none.
  .map((sources) =>
    Int32Array.from([...Array(5).fill(-1), ...sources.map((place) => place ?? -1)])
  );
const pairSettings = fc.record({
  batchSize: fc.integer({ min: 1, max: 6 }).map((pairs) => 2 * pairs),
  seed: fc.nat(),
  balance: fc.constantFrom("equal", "repeatReals", "none"),
  realRepeats: fc.integer({ min: 1, max: 6 }),
}) as fc.Arbitrary<OrderSettings>;

Deno.test("pairOrder puts each fake beside its real source, once an epoch, but for filling the last batch", () => {
  fc.assert(fc.property(sourceLists, pairSettings, fc.nat(4), (sourceOf, settings, epoch) => {
    const { batchesPerEpoch, places } = pairOrder(sourceOf, settings);
    const epochs = Array.from(
      { length: batchesPerEpoch },
      (_, i) => places(epoch * batchesPerEpoch + i),
    );
    assert.ok(epochs.every((batch) => batch.length === settings.batchSize));
    const flat = epochs.flat(), fakes = flat.filter((_, i) => i % 2 === 1);
    fakes.forEach((fake, i) => assert.equal(flat[2 * i], sourceOf[fake]));
    const paired = [...sourceOf.keys()].filter((place) => sourceOf[place] >= 0);
    assert.deepEqual(fakes.slice(0, paired.length).sort((a, b) => a - b), paired);
    assert.ok(fakes.length - paired.length < settings.batchSize / 2);
  }));
});

Deno.test("pairOrder gives a step the same pairs, whatever was asked before, and other epochs others", () => {
  const sourceOf = Int32Array.from({ length: 60 }, (_, i) => i < 20 ? -1 : i % 20);
  const settings = { ...EQUAL, batchSize: 6 }, steps = 70;
  const inTurn = pairOrder(sourceOf, settings), random = createRandom(5, "pairs");
  const expected = Array.from({ length: steps }, (_, step) => inTurn.places(step));
  const resumed = pairOrder(sourceOf, settings);
  for (let i = 0; i < 100; i++) {
    const step = random.integer(steps);
    assert.deepEqual(resumed.places(step), expected[step]);
  }
  assert.notDeepEqual(expected[0], expected[inTurn.batchesPerEpoch]);
  assert.notDeepEqual(pairOrder(sourceOf, { ...settings, seed: 2 }).places(0), expected[0]);
});

Deno.test("pairOrder refuses batches that are no whole number of pairs", () => {
  const sourceOf = Int32Array.of(-1, 0);
  for (const batchSize of [0, 3, 1, 2.5]) {
    assert.throws(() => pairOrder(sourceOf, { ...EQUAL, batchSize }), {
      name: "RangeError",
      message: /pairs hold an even number/,
    });
  }
});

Deno.test("madePairOrder shows each of its places twice in a row, once an epoch, but for filling up", () => {
  const places = fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(places, pairSettings, fc.nat(4), (reals, settings, epoch) => {
    const order = madePairOrder(Int32Array.from(reals), settings), { batchesPerEpoch } = order;
    const flat = Array.from(
      { length: batchesPerEpoch },
      (_, i) => order.places(epoch * batchesPerEpoch + i),
    ).flat();
    assert.equal(flat.length, batchesPerEpoch * settings.batchSize);
    const once = flat.filter((_, i) => i % 2 === 0);
    assert.deepEqual(flat.filter((_, i) => i % 2 === 1), once);
    assert.deepEqual(once.slice(0, reals.length).sort(), reals.toSorted());
  }));
  assert.throws(() => madePairOrder(Int32Array.of(), EQUAL), /no sample/);
  assert.throws(() => madePairOrder(Int32Array.of(1), { ...EQUAL, batchSize: 3 }), /even number/);
});
