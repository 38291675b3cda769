import { bucketsOf } from "lib/engine/collectives.ts";
import { startEngine } from "lib/engine/engine.ts";
import { batchNormTraining } from "lib/engine/batch_norm.ts";
import { freePort } from "lib/engine/free_port.ts";
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "node:path";
import { runProgram } from "./run_program.ts";

await startEngine({ intraOpThreads: 1, interOpThreads: 1 });

/** A process of two: what they compute together goes to its output; then the second one is killed. */
const MEMBER = `
  import * as tf from "@tensorflow/tfjs";
  import { batchNormTraining } from "lib/engine/batch_norm.ts";
  import { collectivesSoFar, fromFirst, gatherOverDevices, meanOverDevices, meansOverDevices, membership, textFromFirst } from "lib/engine/collectives.ts";
  import { compile } from "lib/engine/compile.ts";
  import { startEngine } from "lib/engine/engine.ts";
  import { meetGroup } from "lib/engine/meet_group.ts";
  import { existsSync } from "node:fs";

  const rank = Number(Deno.env.get("RANK")), port = Number(Deno.env.get("PORT"));
  const met = await meetGroup({ rank, size: 2, hostname: "127.0.0.1", port, purpose: "test", seconds: 30, ...rank === 0 ? { ownPort: port } : {} });
  const engine = await startEngine({ intraOpThreads: 1, interOpThreads: 1, group: met.group });
  met.watch();
  const own = tf.tensor1d([rank + 1, -4 * rank]);
  // f(mean) with another factor on each device: the gradients' mean is that of the mean of both.
  const gradient = compile(
    (x) => tf.grad((x) => tf.mul(tf.sum(tf.square(meanOverDevices(x))), rank + 1) as tf.Scalar)(x),
    [own],
  );
  const before = collectivesSoFar();
  const many = compile((x) => Object.values(meansOverDevices({ a: x, b: tf.sum(x), c: tf.zeros([0, 3]) })), [own]);
  const ofMany = collectivesSoFar() - before;
  const whole = tf.tensor4d(JSON.parse(Deno.env.get("PICTURES")!)), [first] = tf.split(whole, 2).slice(rank) as tf.Tensor4D[];
  const scale = tf.tensor1d([2, 0.5, 1]), offset = tf.tensor1d([0, 1, -1]), weight = tf.tensor1d([1, -2, 3]);
  let statistics: tf.Tensor[] = [];
  const norm = compile((x) => {
    const loss = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => {
      const { y, mean, variance } = batchNormTraining(x as tf.Tensor4D, { scale: gamma, offset: beta, epsilon: 1e-3 } as never, { isJoined: true });
      statistics = [y, mean, variance].map((t) => tf.keep(t.clone()));
      return tf.mean(tf.mul(tf.mul(tf.square(y), y), weight)) as tf.Scalar;
    };
    const gradients = tf.grads(loss)([x, scale, offset]);
    return [...statistics, ...gradients];
  }, [first]);
  const values = (tensors: tf.Tensor[]) => tensors.map((t) => [...t.dataSync()]);
  console.log(JSON.stringify({
    membership: membership(),
    device: engine.device,
    text: textFromFirst(rank === 0 ? "élève" : "another"),
    first: [...fromFirst(tf.tensor1d(rank === 0 ? [-0, 1.1, -3e-30] : [7, 8, 9])).dataSync()].map((x) => Object.is(x, -0) ? "-0" : x),
    gathered: [...gatherOverDevices(own).dataSync()],
    gradient: values(gradient(own)),
    many: values(many(own)),
    ofMany,
    norm: values(norm(first)),
  }));
  // Before rank 0 has all that it fetches from it, the other must not end.
  const told = Deno.env.get("TOLD")!;
  if (rank === 0) Deno.writeTextFileSync(told, "");
  else while (!existsSync(told)) await new Promise((resolve) => setTimeout(resolve, 20));
  try {
    if (rank === 1) Deno.kill(Deno.pid, "SIGKILL");
    for (let i = 0; i < 100; i++) meanOverDevices(own);
  } catch (error) {
    console.log(JSON.stringify(await met.lossBehind(error)));
  }
  Deno.exit(0);
`;

Deno.test("bucketsOf packs up to 4 Mi numbers in order, and parts no tensor", () => {
  const sizes = [2 ** 22, 1, 5e6, 0, 2 ** 21, 2 ** 21].map((size, i) =>
    [`${i}`, { size }] as const
  );
  const names = bucketsOf(sizes).map((bucket) => bucket.map(([name]) => name).join(""));
  assert.deepEqual(names, ["0", "1", "2", "345"]);
  assert.deepEqual(bucketsOf([]), []);
});

Deno.test("collectives: two processes compute means, gradients and batch norm as one does; one that is killed ends the other's wait", async () => {
  const pictures = tf.randomNormal<tf.Rank.R4>([4, 3, 2, 3], 1, 2, "float32", 5);
  const folder = Deno.makeTempDirSync();
  using _ = { [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }) };
  const shared = {
    ...{ PORT: `${freePort()}`, PICTURES: JSON.stringify(pictures.arraySync()) },
    TOLD: join(folder, "told"),
  };
  const ended = await Promise.all(
    [0, 1].map((rank) => runProgram(MEMBER, { ...shared, RANK: `${rank}` })),
  );
  const [[a, lost], [b]] = ended.map(({ output, errors }) => {
    assert.notEqual(output, "", errors.join("\n"));
    return output.trim().split("\n");
  });
  const [of0, of1] = [JSON.parse(a), JSON.parse(b)];
  assert.deepEqual(of1.membership, { rank: 1, size: 2 });
  assert.equal(of0.device, "CPU:0");
  for (const found of [of0, of1]) {
    assert.equal(found.text, "élève");
    assert.deepEqual(found.first, ["-0", Math.fround(1.1), Math.fround(-3e-30)]);
    assert.deepEqual(found.gathered, [1, 0, 2, -4]);
    assert.deepEqual(found.gradient, [[4.5, -6]]); // mean factor 1.5, times twice the means 1.5 and −2
    assert.deepEqual(found.many, [[1.5, -2], [-0.5], []]);
    assert.equal(found.ofMany, 1); // packed together
  }

  const weight = tf.tensor1d([1, -2, 3]);
  const loss = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) => {
    const { y } = batchNormTraining(x as tf.Tensor4D, { scale, offset, epsilon: 1e-3 } as never);
    return tf.mean(tf.mul(tf.mul(tf.square(y), y), weight)) as tf.Scalar;
  };
  const learnt = [tf.tensor1d([2, 0.5, 1]), tf.tensor1d([0, 1, -1])] as const;
  const whole = batchNormTraining(pictures, { scale: learnt[0], offset: learnt[1], epsilon: 1e-3 });
  const gradients = tf.grads(loss)([pictures, ...learnt]);
  const near = (found: number[], expected: tf.Tensor, what: string) => {
    expected.dataSync().forEach((value, i) => {
      assert.ok(Math.abs(found[i] - value) < 1e-5 * (1 + Math.abs(value)), `${what}: ${found[i]}`);
    });
  };
  near([...of0.norm[0], ...of1.norm[0]], whole.y, "y");
  near(of0.norm[1], whole.mean, "mean");
  near(of1.norm[2], whole.variance, "variance");
  // A device's loss is the mean over half as many numbers.
  near([...of0.norm[3], ...of1.norm[3]].map((g) => g / 2), gradients[0], "gradient of x");
  for (const k of [1, 2]) {
    const mean = of0.norm[3 + k].map((g: number, i: number) => (g + of1.norm[3 + k][i]) / 2);
    near(mean, gradients[k], `gradient ${k}`);
  }
  const heard = JSON.parse(lost);
  assert.deepEqual([heard.rank, heard.isSilent], [1, true]);
  assert.match(heard.words, /^The process of rank 1 \(127\.0\.0\.1\) has ended without a word/);
});
