import assert from "node:assert/strict";
import { absentSettings, changeSettings, effectiveSettings } from "lib/settings/field_rules.ts";
import {
  OFFICIAL_TRAINING,
  PAPER_TRAINING,
  QUICK_TRAINING,
  SMOKE_TRAINING,
  TRAINING_RULES,
} from "lib/settings/training_settings.ts";

Deno.test("the training's presets pass their rules and have a value for every field", () => {
  for (const preset of [PAPER_TRAINING, OFFICIAL_TRAINING, QUICK_TRAINING, SMOKE_TRAINING]) {
    assert.deepEqual(changeSettings(TRAINING_RULES, preset, {}), preset);
    assert.deepEqual(Object.keys(preset).sort(), Object.keys(TRAINING_RULES.fields).sort());
    // Every field matters, but for those that runs did not always have and that are as they were.
    const since = absentSettings(TRAINING_RULES);
    assert.deepEqual({ ...since, ...effectiveSettings(TRAINING_RULES, preset) }, preset);
    assert.ok(Object.isFrozen(preset));
  }
});

Deno.test("a run has one length: epochs or steps, neither both nor none", () => {
  const change = (changes: { epochs?: number; steps?: number }) =>
    changeSettings(TRAINING_RULES, PAPER_TRAINING, changes);
  assert.throws(() => change({ steps: 100 }), /epochs is 20 and steps is 100.*one length/);
  assert.throws(() => change({ epochs: 0 }), /epochs is 0 and steps is 0.*one length/);
  assert.equal(change({ epochs: 0, steps: 100 }).steps, 100);
});
