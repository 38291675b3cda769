import assert from "node:assert/strict";
import { openDecoder } from "lib/batches/loader/picture_decoder.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { readImage } from "lib/media/image.ts";

Deno.test("openDecoder: batches that are asked for at once, more than threads, come each with its own pixels", async () => {
  await using decoder = openDecoder({ size: 20 });
  const [first, second, third] = demoPhotographs();
  const batches = [[first], [second, third], [third], [first, second], [second]];
  for (let time = 0; time < 2; time++) { // threads that have answered are asked again
    const answers = batches.map((paths) => decoder.decode(paths).result);
    for (const [i, { pixels, failures }] of (await Promise.all(answers)).entries()) {
      const wanted = await Promise.all(
        batches[i].map((path) => readImage(path, { size: { width: 20, height: 20 } })),
      );
      assert.deepEqual(pixels, new Uint8Array(wanted.flatMap(({ data }) => [...data])), `${i}`);
      assert.deepEqual(failures, []);
    }
  }
});

Deno.test("openDecoder: of several batches at once each has its own failures", async () => {
  await using decoder = openDecoder({ size: 20 });
  const [first] = demoPhotographs();
  const answers = await Promise.all(
    [[first, "none.jpg"], [first], ["none.jpg"]].map((paths) => decoder.decode(paths).result),
  );
  const places = answers.map(({ failures }) => failures.map(({ place }) => place));
  assert.deepEqual(places, [[1], [], [0]]);
});
