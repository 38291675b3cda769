import assert from "node:assert/strict";
import { createRandom } from "lib/random.ts";
import {
  float32Values,
  readSafetensors,
  type StoredTensor,
  storeFloat32,
  writeSafetensors,
} from "lib/networks/weights/safetensors.ts";
import { inFolder } from "../../in_folder.ts";

const fixture = new URL("../../fixtures/tiny_checkpoint.safetensors", import.meta.url).pathname;

/** A file with the given header and data, whatever they say. */
function raw(header: unknown, data = new Uint8Array(0), claimed?: bigint): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

Deno.test("readSafetensors reads what the safetensors package wrote", async () => {
  const { tensors } = await readSafetensors(fixture);
  assert.equal(tensors.size, 9);
  assert.deepEqual(tensors.get("region_model1.conv1.weight")?.shape, [64, 3, 7, 7]);
  const tracked = tensors.get("region_model1.bn1.num_batches_tracked")!;
  assert.equal(tracked.type, "I64");
  assert.deepEqual([...float32Values(tracked)], [7]);
  // The fixture's formula: a batch norm's weight is 1 + 0.25 t, t in [-1, 1).
  const weight = float32Values(tensors.get("region_model1.bn1.weight")!);
  assert.ok(weight.every((w) => w >= 0.75 && w < 1.25) && new Set(weight).size > 60);
});

Deno.test("writeSafetensors and readSafetensors keep every bit, name and text", async () => {
  await inFolder(async (folder) => {
    const random = createRandom(1);
    const tensors = new Map<string, StoredTensor>([
      ["", storeFloat32(new Float32Array(0), [0, 3])],
      ["__proto__", storeFloat32(new Float32Array([NaN, -0, Infinity]), [3])],
      ["ümläut.weight", storeFloat32(Float32Array.from({ length: 24 }, random.normal), [2, 3, 4])],
      ["scalar", { type: "I64", shape: [], bytes: new Uint8Array([1, 0, 0, 0, 0, 0, 0, 128]) }],
    ]);
    await writeSafetensors(`${folder}/a.safetensors`, { tensors, metadata: { note: "x\ny" } });
    const file = await readSafetensors(`${folder}/a.safetensors`);
    assert.deepEqual(new Map([...file.tensors].sort()), new Map([...tensors].sort()));
    assert.deepEqual(file.metadata, { note: "x\ny" });
    assert.deepEqual([...Deno.readDirSync(folder)].map((e) => e.name), ["a.safetensors"]);
  });
});

Deno.test("float32Values reads half precision as IEEE 754 and bfloat16 say", () => {
  const halves = new Uint8Array([0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00]);
  assert.deepEqual([...float32Values({ type: "F16", shape: [3], bytes: halves })], [
    1,
    -2,
    2 ** -24,
  ]);
  const brains = new Uint8Array([0x80, 0x3f, 0x49, 0x40]);
  assert.deepEqual([...float32Values({ type: "BF16", shape: [2], bytes: brains })], [1, 3.140625]);
});

Deno.test("writeSafetensors leaves the old file when an array does not fit its shape", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.safetensors`;
    const good = new Map([["w", storeFloat32(new Float32Array(4), [2, 2])]]);
    await writeSafetensors(path, { tensors: good, metadata: {} });
    const before = await Deno.readFile(path);
    const bad = new Map([["w", storeFloat32(new Float32Array(4), [2, 3])]]);
    await assert.rejects(writeSafetensors(path, { tensors: bad, metadata: {} }), /w: 16 bytes.*24/);
    assert.deepEqual(await Deno.readFile(path), before);
    assert.equal([...Deno.readDirSync(folder)].length, 1);
  });
});

Deno.test("readSafetensors gives each malformed file its own error", async () => {
  const four = new Uint8Array(4);
  const entry = (dtype: unknown, shape: unknown, data_offsets: unknown) => ({
    w: { dtype, shape, data_offsets },
  });
  const cases: [string, Uint8Array, RegExp][] = [
    ["empty", new Uint8Array(0), /has 0 bytes/],
    ["lying header", raw({}, four, 1n << 60n), /header claims 1152921504606846976 bytes/],
    ["not JSON", raw("{nonsense"), /header is not JSON/],
    ["not UTF-8", new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe]), /header is not JSON/],
    ["a list", raw("[1, 2]"), /not a JSON object/],
    ["metadata", raw({ __metadata__: { step: 1 } }), /__metadata__ is not a record of texts/],
    ["unknown type", raw(entry("F4", [1], [0, 4]), four), /w has the element type "F4"/],
    ["no entry", raw({ w: null }), /element type undefined/],
    ["negative shape", raw(entry("F32", [-1], [0, 4]), four), /no shape of whole numbers/],
    ["huge shape", raw(entry("F32", [1e15, 1e15], [0, 4]), four), /span 4/],
    ["one offset", raw(entry("F32", [1], [0]), four), /no two data_offsets/],
    ["beyond the end", raw(entry("F32", [2], [0, 8]), four), /take 8 bytes, 4 are there/],
    ["a hole", raw(entry("F32", [1], [4, 8]), new Uint8Array(8)), /begins at byte 4 where 0/],
    [
      "overlap",
      raw({ ...entry("U8", [4], [0, 4]), v: entry("U8", [3], [1, 4]).w }, four),
      /v begins/,
    ],
    ["left over", raw(entry("U8", [2], [0, 2]), four), /take 2 bytes, 4 are there/],
    ["deep", raw('{"w":' + "[".repeat(100_000) + "]".repeat(100_000) + "}"), /element type/],
  ];
  await inFolder(async (folder) => {
    for (const [name, bytes, words] of cases) {
      const path = `${folder}/${name}.safetensors`;
      await Deno.writeFile(path, bytes);
      await assert.rejects(readSafetensors(path), (error: Error) => {
        assert.ok(error instanceof TypeError, `${name}: ${error}`);
        assert.ok(error.message.startsWith(path), name);
        assert.match(error.message, words, name);
        return true;
      });
    }
  });
  await assert.rejects(readSafetensors("nowhere.safetensors"), Deno.errors.NotFound);
});

Deno.test("readSafetensors survives 1,000 mutations of a real file", async () => {
  const original = (await Deno.readFile(fixture)).slice(0, 43_528);
  const random = createRandom(2, "mutations");
  let read = 0, refused = 0;
  await inFolder(async (folder) => {
    const path = `${folder}/mutant.safetensors`;
    for (let i = 0; i < 1000; i++) {
      // Mostly the header: flips, deletions and truncations of the data alone are rarely seen.
      const reach = i % 4 === 0 ? original.length : 1200;
      let bytes = original.slice();
      for (let k = 0; k < 1 + random.integer(4); k++) {
        bytes[random.integer(reach)] = random.integer(256);
      }
      if (i % 5 === 0) bytes = bytes.slice(0, random.integer(bytes.length));
      await Deno.writeFile(path, bytes);
      try {
        await readSafetensors(path);
        read++;
      } catch (error) {
        assert.ok(error instanceof TypeError, String(error));
        refused++;
      }
    }
  });
  assert.equal(read + refused, 1000);
  assert.ok(refused > 500 && read > 50, `${read} read, ${refused} refused`);
});
