import assert from "node:assert/strict";
import {
  absentSettings,
  changeSettings,
  choiceRule,
  effectiveSettings,
  flagRule,
  listRule,
  numberBelowRule,
  numberRule,
  type SettingsRules,
  sumRule,
  wholeNumberRule,
} from "lib/settings/field_rules.ts";

interface Oven {
  readonly heat: "off" | "on";
  readonly degrees: number;
  readonly racks: readonly string[];
}

const RULES: SettingsRules<Oven> = {
  fields: {
    heat: choiceRule("off", "on"),
    degrees: {
      ...numberRule(0, 300),
      matters: { when: ({ heat }: Oven) => heat === "on", why: "the oven is off" },
    },
    racks: listRule("top", "middle", "bottom"),
  },
  fault: ({ degrees, racks }) =>
    degrees > 250 && racks.length > 1 ? "one rack only above 250 degrees." : undefined,
};
const BASE: Oven = { heat: "off", degrees: 180, racks: ["top"] };

Deno.test("rules allow what they say and nothing else", () => {
  const cases: [ReturnType<typeof numberRule>, unknown[], unknown[], string][] = [
    [numberRule(0, 1), [0, 0.5, 1], [-0.1, 1.1, NaN, Infinity, "0", null], "a number from 0 to 1"],
    [numberBelowRule(0, 1), [0, 0.999], [1, -1, NaN, "0"], "a number from 0 to below 1"],
    [wholeNumberRule(1, 8), [1, 8], [0, 9, 2.5, "4", NaN], "a whole number from 1 to 8"],
    [wholeNumberRule(0), [0, 1e9], [-1, 0.5, 2 ** 53], "a whole number from 0"],
    [wholeNumberRule(32, 64, 16), [32, 48], [16, 40, 80], "a multiple of 16 from 32 to 64"],
    [choiceRule("a", "b", "c"), ["a", "c"], ["d", 1, undefined], '"a", "b" or "c"'],
    [choiceRule("a"), ["a"], ["b"], '"a"'],
    [flagRule(), [true, false], ["False", 0, undefined], "true or false"],
    [
      sumRule("none", "a", "b"),
      ["none", "a", "b+a"],
      ["", "a+a", "c", "a+none", "a+", ["a"], null],
      '"none", or of a, b one',
    ],
    [listRule("a", "b"), [["a"], ["b", "a"]], [[], ["a", "a"], ["c"], "a"], "a list without re"],
  ];
  for (const [{ allows, words }, right, wrong, said] of cases) {
    for (const value of right) assert.ok(allows(value), `${words} allows ${value}`);
    for (const value of wrong) assert.ok(!allows(value), `${words} does not allow ${value}`);
    assert.ok(words.startsWith(said), `${words} says ${said}`);
  }
});

Deno.test("changeSettings changes a copy and freezes it, lists too", () => {
  const racks = ["top"];
  const changed = changeSettings(RULES, BASE, { heat: "on", degrees: 200, racks });
  racks.push("bottom");
  assert.deepEqual(changed, { heat: "on", degrees: 200, racks: ["top"] });
  assert.ok(Object.isFrozen(changed) && Object.isFrozen(changed.racks));
  assert.deepEqual(BASE, { heat: "off", degrees: 180, racks: ["top"] });
});

Deno.test("changeSettings names field, value and range of what is not allowed, missing ones too", () => {
  const wrong: [Partial<Record<keyof Oven, unknown>>, RegExp][] = [
    [{ heat: "hot" }, /heat is "hot", but must be "off" or "on"/],
    [{ heat: "on", degrees: NaN }, /degrees is NaN, but must be a number from 0 to 300/],
    [{ racks: ["top", "top"] }, /racks is \["top","top"\].*without repeats/],
  ];
  for (const [changes, message] of wrong) {
    assert.throws(() => changeSettings(RULES, BASE, changes as Partial<Oven>), {
      name: "RangeError",
      message,
    });
  }
  const { heat: _, ...without } = BASE;
  assert.throws(() => changeSettings(RULES, without as Oven, {}), /heat is undefined/);
});

Deno.test("changeSettings refuses to change what has no effect in the result, with the reason", () => {
  assert.throws(() => changeSettings(RULES, BASE, { degrees: 200 }), {
    name: "RangeError",
    message: /degrees cannot be changed from 180 to 200: it has no effect, because the oven is off/,
  });
  const hot = changeSettings(RULES, BASE, { heat: "on", degrees: 200 });
  assert.throws(() => changeSettings(RULES, hot, { heat: "off", degrees: 210 }), /no effect/);
  // What is already there may stay, and may be said again.
  assert.equal(changeSettings(RULES, hot, { heat: "off" }).degrees, 200);
  assert.equal(changeSettings(RULES, BASE, { degrees: 180 }).degrees, 180);
});

Deno.test("changeSettings tells the fault of a combination", () => {
  const changes = { heat: "on", degrees: 260, racks: ["top", "bottom"] } as const;
  assert.throws(() => changeSettings(RULES, BASE, changes), {
    name: "RangeError",
    message: "Configuration: one rack only above 250 degrees.",
  });
});

Deno.test("effectiveSettings leaves out what has no effect, so what computes the same is equal", () => {
  const hot = changeSettings(RULES, BASE, { heat: "on", degrees: 200 });
  assert.deepEqual(effectiveSettings(RULES, hot), hot);
  const off = changeSettings(RULES, hot, { heat: "off" });
  assert.notDeepEqual(off, BASE);
  assert.deepEqual(effectiveSettings(RULES, off), { heat: "off", racks: ["top"] });
  assert.deepEqual(effectiveSettings(RULES, off), effectiveSettings(RULES, BASE));
});

Deno.test("a field that records did not always have changes nothing at the value that stands for it", () => {
  const rules: SettingsRules<Oven & { readonly fan: string }> = {
    ...RULES,
    fields: { ...RULES.fields, fan: { ...choiceRule("none", "slow"), absent: "none" } },
  };
  assert.deepEqual(absentSettings(rules), { fan: "none" });
  assert.deepEqual(absentSettings(RULES), {});
  const still = { ...BASE, fan: "none" }, slow = changeSettings(rules, still, { fan: "slow" });
  assert.deepEqual(effectiveSettings(rules, still), effectiveSettings(RULES, BASE));
  assert.equal(effectiveSettings(rules, slow).fan, "slow");
  assert.deepEqual(changeSettings(rules, slow, { fan: "none" }), still);
});
