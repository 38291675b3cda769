import assert from "node:assert/strict";
import {
  DATA_RULES,
  forgersAskedFor,
  PAPER_DATA,
  QUICK_DATA,
  SMOKE_DATA,
} from "lib/settings/data_settings.ts";
import { changeSettings, effectiveSettings } from "lib/settings/field_rules.ts";

Deno.test("the data's presets pass their rules and have a value for every field", () => {
  for (const preset of [PAPER_DATA, QUICK_DATA, SMOKE_DATA]) {
    assert.deepEqual(changeSettings(DATA_RULES, preset, {}), preset);
    assert.deepEqual(Object.keys(preset).sort(), Object.keys(DATA_RULES.fields).sort());
    assert.ok(Object.isFrozen(preset));
  }
});

Deno.test("realRepeats cannot be changed unless reals are repeated", () => {
  for (const balance of ["equal", "none"] as const) {
    const base = changeSettings(DATA_RULES, PAPER_DATA, { balance });
    assert.throws(() => changeSettings(DATA_RULES, base, { realRepeats: 2 }), {
      name: "RangeError",
      message: /realRepeats cannot be changed from 4 to 2.*no effect.*"repeatReals"/,
    });
    assert.deepEqual(Object.hasOwn(effectiveSettings(DATA_RULES, base), "realRepeats"), false);
  }
  assert.equal(changeSettings(DATA_RULES, PAPER_DATA, { realRepeats: 2 }).realRepeats, 2);
  assert.equal(effectiveSettings(DATA_RULES, PAPER_DATA).realRepeats, 4);
});

Deno.test("forge takes names with + between, and makes balance idle", () => {
  assert.deepEqual(forgersAskedFor(PAPER_DATA), []);
  const made = changeSettings(DATA_RULES, PAPER_DATA, { forge: "SBI+DF" });
  assert.deepEqual(forgersAskedFor(made), ["SBI", "DF"]);
  const { balance: _, realRepeats: __, mixupWith: ___, ...deciding } = made; // the last is as ever
  assert.deepEqual(effectiveSettings(DATA_RULES, made), deciding);
  assert.throws(() => changeSettings(DATA_RULES, made, { balance: "equal" }), /balance cannot be/);
  assert.throws(() => changeSettings(DATA_RULES, made, { realRepeats: 2 }), /no effect.*are made/);
  assert.throws(() => changeSettings(DATA_RULES, made, { batchSize: 7 }), /batchSize is 7.*even/);
  for (const forge of ["SBI+SBI", "sbi", "", "none+SBI"]) {
    assert.throws(() => changeSettings(DATA_RULES, PAPER_DATA, { forge }), /forge is .*DF, F2F/);
  }
});
