import assert from "node:assert/strict";
import fc from "fast-check";
import { parsePth, readPth } from "lib/networks/weights/pth.ts";
import { float32Values, readSafetensors } from "lib/networks/weights/safetensors.ts";
import { inFolder } from "../../in_folder.ts";
import { MALFORMED_FILES, WHOLE_FILES } from "./pth/malformed_files.ts";
import {
  dictionary,
  int,
  name,
  storage,
  tensor,
  text,
  tuple,
  zip,
  zipParts,
} from "./pth/written_files.ts";

const fixture = (name: string) => new URL(`../../fixtures/${name}`, import.meta.url).pathname;

for (
  const [file, prefix] of [
    ["tiny_checkpoint_legacy.pth", ""],
    ["tiny_checkpoint_dataparallel.pth", "module."],
  ]
) {
  Deno.test(`readPth reads from ${file} what the safetensors package wrote`, async () => {
    const expected = await readSafetensors(fixture("tiny_checkpoint.safetensors"));
    const { tensors, metadata, path } = await readPth(fixture(file));
    assert.deepEqual(metadata, { epoch: "3" });
    assert.equal(path, fixture(file));
    assert.equal(tensors.size, 9);
    for (const [name, array] of expected.tensors) {
      assert.deepEqual(tensors.get(prefix + name), array, name);
    }
  });
}

Deno.test("parsePth reads files that are whole", async () => {
  for (const [name, file] of WHOLE_FILES) {
    const { tensors } = await parsePth(file);
    assert.deepEqual([...tensors.keys()], ["w"], name);
    assert.deepEqual([...float32Values(tensors.get("w")!)], [1, 2, 3, 4], name);
  }
});

for (const [name, file, words] of MALFORMED_FILES) {
  Deno.test(`readPth says what is wrong: ${name}`, async () => {
    await inFolder(async (folder) => {
      const path = `${folder}/weights.pth`;
      await Deno.writeFile(path, file);
      await assert.rejects(readPth(path), (error: Error) => {
        assert.equal(error.name, "TypeError", String(error.stack));
        assert.ok(error.message.startsWith(`${path} cannot be read as PyTorch weights: `));
        assert.match(error.message, words);
        assert.match(error.message, /\S\. [A-Z].*\.$/, "ends in what to do");
        assert.ok(error.message.length < 700, error.message);
        return true;
      });
    });
  });
}

Deno.test("the errors of malformed files differ", () => {
  const words = MALFORMED_FILES.map(([, , words]) => words.source);
  assert.ok(new Set(words).size > 60, `${new Set(words).size}`);
});

Deno.test("readPth passes on that there is no file", async () => {
  await assert.rejects(readPth("nowhere.pth"), Deno.errors.NotFound);
});

Deno.test("parsePth puts the elements of any view in order", async () => {
  const axis = fc.record({ length: fc.nat(4), stride: fc.nat(6) });
  const views = fc.record({ axes: fc.array(axis, { maxLength: 4 }), offset: fc.nat(5) });
  await fc.assert(fc.asyncProperty(views, async ({ axes, offset }) => {
    const shape = axes.map((a) => a.length), strides = axes.map((a) => a.stride);
    const numbers = Float64Array.from({ length: 5 + 4 * 3 * 6 + 1 }, (_, i) => i);
    const all = storage({ type: "DoubleStorage", count: numbers.length });
    const body = dictionary({ w: tensor({ storage: all, offset, shape, strides }) });
    const { tensors } = await parsePth(zip(zipParts(body, new Uint8Array(numbers.buffer))));
    // Element (i, j, …) is the storage's at offset + i·stride + j·stride + …
    const expected = axes.reduce(
      (places, { length, stride }) =>
        places.flatMap((at) => Array.from({ length }, (_, i) => at + i * stride)),
      [offset],
    );
    assert.deepEqual(tensors.get("w")?.shape, shape);
    assert.deepEqual([...float32Values(tensors.get("w")!)], expected);
  }));
});

Deno.test("parsePth gives tied weights the same bytes, and a slice its own", async () => {
  const body = dictionary({
    a: tensor(),
    b: tensor(),
    c: tensor({ shape: [2, 2], strides: [1, 2] }),
    d: tensor({ shape: [2, 2], strides: [1, 2] }),
    e: tensor({ offset: 1, shape: [2] }),
  });
  const { tensors } = await parsePth(zip(zipParts(body)));
  const [a, b, c, d, e] = [..."abcde"].map((name) => tensors.get(name)!);
  assert.equal(a.bytes, b.bytes);
  assert.equal(c.bytes, d.bytes);
  assert.deepEqual([...float32Values(c)], [1, 3, 2, 4]);
  assert.deepEqual([...float32Values(e)], [2, 3]);
  assert.equal(e.bytes.buffer.byteLength, 8);
});

Deno.test("parsePth copies a view once, however often it is named", async () => {
  // A number repeated a hundred thousand times: eight copies would be refused, as one of 8 × 10⁵ is.
  const wide = (length: number) => tensor({ shape: [length], strides: [0] });
  const names = Object.fromEntries([..."abcdefgh"].map((name) => [name, wide(1e5)]));
  const { tensors } = await parsePth(zip(zipParts(dictionary(names))));
  assert.equal(new Set([...tensors.values()].map(({ bytes }) => bytes)).size, 1);
  assert.deepEqual(new Set(float32Values(tensors.get("h")!)), new Set([1]));
  await assert.rejects(parsePth(zip(zipParts(dictionary({ a: wide(8e5) })))), /views take 3200000/);
});

Deno.test("parsePth reads tensors without elements, whatever else their shape says", async () => {
  const shape = [...Array(30).fill(2 ** 52), 0];
  const body = dictionary({ w: tensor({ shape, strides: shape.map(() => 1), offset: 99 }) });
  const { tensors } = await parsePth(zip(zipParts(body)));
  assert.deepEqual(tensors.get("w"), { type: "F32", shape, bytes: new Uint8Array(0) });
});

Deno.test("parsePth reads every element type that PyTorch's models have", async () => {
  const cases: [string, ArrayBufferView<ArrayBuffer>, number[]][] = [
    ["FloatStorage", Float32Array.of(0.1, -0), [Math.fround(0.1), -0]],
    ["DoubleStorage", Float64Array.of(0.1, 1e300), [Math.fround(0.1), Infinity]],
    ["HalfStorage", Uint16Array.of(0x3c00, 0xc000), [1, -2]],
    ["BFloat16Storage", Uint16Array.of(0x3f80, 0x4049), [1, 3.140625]],
    ["LongStorage", BigInt64Array.of(-7n, 7n), [-7, 7]],
    ["IntStorage", Int32Array.of(-7, 7), [-7, 7]],
    ["ShortStorage", Int16Array.of(-7, 7), [-7, 7]],
    ["CharStorage", Int8Array.of(-7, 7), [-7, 7]],
    ["ByteStorage", Uint8Array.of(200, 7), [200, 7]],
    ["BoolStorage", Uint8Array.of(1, 0), [1, 0]],
  ];
  for (const [type, values, expected] of cases) {
    const body = dictionary({ w: tensor({ storage: storage({ type, count: 2 }), shape: [2] }) });
    const { tensors } = await parsePth(zip(zipParts(body, new Uint8Array(values.buffer))));
    assert.deepEqual([...float32Values(tensors.get("w")!)], expected, type);
  }
});

Deno.test("parsePth reads what older versions of PyTorch and Python wrote", async () => {
  const legacy = tensor().replace("_v2", "").replace(
    "\x89" + name("collections", "OrderedDict") + ")R",
    "",
  );
  const ordered = name("collections", "OrderedDict");
  const parameter = name("torch.nn.parameter", "Parameter") + tuple(tensor()) + "R";
  const rebuilt = name("torch._utils", "_rebuild_parameter") + tuple(tensor(), "\x88", "N") + "R";
  const bodies = {
    "four values to a tensor": dictionary({ w: legacy }),
    "pairs, short texts": `${ordered}(](U\x01w${tensor()}l`.replace("(](", "]](").replace(
      /l$/,
      "ea\x85R",
    ),
    "parameters with state": dictionary({ w: `${parameter}${tuple("\x88", "\x89", "N")}b` }),
    "rebuilt parameters": dictionary({ w: rebuilt }),
    "attributes of a dictionary": `${dictionary({ w: tensor() })}${
      dictionary({ _metadata: "}" })
    }b`,
  };
  for (const [what, body] of Object.entries(bodies)) {
    const { tensors } = await parsePth(zip(zipParts(body)));
    assert.deepEqual([...float32Values(tensors.get("w")!)], [1, 2, 3, 4], what);
  }
});

Deno.test("parsePth finds the state dict of a checkpoint and keeps what stands beside it", async () => {
  const weights = dictionary({ w: tensor() });
  const other = dictionary({ v: tensor() });
  const optimiser = dictionary({ state: dictionary({}), param_groups: "]" });
  const read = async (entries: Record<string, string>, entry?: string) => {
    const file = zip(zipParts(dictionary(entries)));
    const { tensors, metadata } = await parsePth(file, entry === undefined ? {} : { entry });
    return [[...tensors.keys()].join(), metadata];
  };
  assert.deepEqual(
    await read({ epoch: int(3), best: "G?\xe0\0\0\0\0\0\0", note: text("x"), state_dict: weights }),
    ["w", { epoch: "3", best: "0.5", note: "x" }],
  );
  assert.deepEqual(await read({ model: weights, optimizer: optimiser }), ["w", {}]);
  assert.deepEqual(await read({ net: `${weights}q\x09`, same: "h\x09" }), ["w", {}]);
  assert.deepEqual(await read({ ema: other, state_dict: weights }), ["w", {}]);
  assert.deepEqual(await read({ ema: other, state_dict: weights }, "ema"), ["v", {}]);
  assert.deepEqual(await read({ classes: tensor(), state_dict: weights }), ["w", {}]);
  await assert.rejects(read({ ema: other }, "weights"), /"weights" is no dictionary.*"ema"/);
});

Deno.test("parsePth leaves alone what is not asked for", async () => {
  // The optimiser's storage is missing and its view reaches out: neither matters to the weights.
  const moment = tensor({ storage: storage({ key: "9", count: 1 }), shape: [99] });
  const body = dictionary({ state_dict: dictionary({ w: tensor() }), optimizer: moment });
  assert.equal((await parsePth(zip(zipParts(body)))).tensors.size, 1);
});

Deno.test("parsePth takes no name of the object prototype for an entry", async () => {
  const body = dictionary({ __proto__x: tensor(), constructor: tensor() })
    .replace("X\x0a\0\0\0__proto__x", text("__proto__"));
  const { tensors } = await parsePth(zip(zipParts(body)));
  assert.deepEqual([...tensors.keys()], ["__proto__", "constructor"]);
});
