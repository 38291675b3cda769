import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { byteTensor } from "lib/engine/byte_tensor.ts";
import { capturingBackend } from "lib/engine/capturing_backend.ts";
import { compile } from "lib/engine/compile.ts";
import { startEngine } from "lib/engine/engine.ts";
import { compileEachShape } from "lib/engine/compile_each_shape.ts";

await startEngine();

const VALUES = Uint8Array.from({ length: 24 }, (_, i) => 255 - 11 * i);
/** Numbers of 32 bits that TensorFlow.js makes of the same values. */
const wide = () => tf.tensor(new Int32Array(VALUES), [2, 3, 4], "int32");

/** What TensorFlow holds, behind TensorFlow.js. */
const handles = () => capturingBackend()!.eager.handleCount();

Deno.test("byteTensor's numbers are what an int32 tensor's are, in any operation and captured", () => {
  const work = (x: tf.Tensor) => [
    x,
    tf.cast(x, "float32"),
    tf.add(x, tf.scalar(300, "int32")),
    tf.sum(tf.reshape(x, [6, 4]), 0),
    tf.slice(x, [1, 0, 0], [1, 3, 4]),
  ];
  const read = (tensors: tf.Tensor[]) =>
    tensors.map((t) => ({ type: t.dtype, shape: t.shape, values: [...t.dataSync()] }));
  tf.tidy(() => {
    const expected = read(work(wide())), bytes = byteTensor(VALUES, [2, 3, 4]);
    assert.deepEqual(read(work(bytes)), expected);
    const captured = compile(work, [bytes]);
    assert.deepEqual(read(captured(bytes)), expected);
    assert.deepEqual(read(captured(byteTensor(VALUES, [2, 3, 4]))), expected);
    captured.dispose();
  });
});

Deno.test("byteTensor keeps a copy, of a byte a number, and frees it with the last tensor that shares it", () => {
  const before = handles(), values = VALUES.slice();
  const bytes = byteTensor(values, [24]), copy = bytes.clone();
  values.fill(0);
  const { binding, tensorMap } = capturingBackend()!, record = tensorMap.get(bytes.dataId);
  assert.ok("bytes" in record);
  assert.deepEqual(binding.tensorDataSync(record.bytes), VALUES);
  bytes.dispose();
  assert.deepEqual([...copy.dataSync()], [...VALUES]);
  copy.dispose();
  assert.equal(handles(), before);
});

Deno.test("byteTensor's captured functions take bytes alone, those of int32 both, those of each shape tell them apart", () => {
  const bytes = byteTensor(VALUES, [24]), numbers = tf.tensor1d([...VALUES], "int32");
  const sum = (x: tf.Tensor) => tf.sum(x), value = ([t]: tf.Tensor[]) => t.dataSync()[0];
  const ofBytes = compile(sum, [bytes], { name: "sum" }), ofNumbers = compile(sum, [numbers]);
  assert.equal(value(ofNumbers(bytes)), value(ofBytes(bytes)));
  assert.throws(() => ofBytes(numbers), /^TypeError: sum: input 0 is int32 .*byteTensor/);
  using each = compileEachShape(sum, { name: "sum" });
  assert.equal(value(each.run(numbers)), value(each.run(bytes)));
  ofBytes.dispose();
  ofNumbers.dispose();
  assert.throws(() => byteTensor(VALUES, [5, 5]), TypeError);
});
