/** F3-Net's parts against yyk-wew's code in float64, on the fixtures' formula, and against their definitions. */
import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { startEngine } from "lib/engine/engine.ts";
import { bandOf } from "lib/networks/band_filters.ts";
import { cosines } from "lib/networks/cosine_transform.ts";
import { mixedSides } from "lib/networks/f3_net.ts";
import {
  decomposeFrequencies,
  decompositionBands,
  decompositionParameters,
} from "lib/networks/frequency_decomposition.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { openLayers } from "lib/networks/layers.ts";
import {
  localFrequencyStatistics,
  statisticsBands,
  statisticsParameters,
  statisticsSide,
} from "lib/networks/local_frequency_statistics.ts";
import { mixBlock, mixBlockParameters } from "lib/networks/mix_block.ts";
import { disposeParameters, type Parameters } from "lib/networks/parameters.ts";
import { torchShape } from "lib/networks/weights/torch_layout.ts";
import { createRandom } from "lib/random.ts";
import {
  fill,
  fillFrequencyFilters,
  fillImages,
  fillParameters,
  readFixture,
  relativeError,
  type Summary,
  summaryError,
  torchValues,
} from "./fixture_formula.ts";

await startEngine();

interface MixCase {
  readonly y_fad: Summary;
  readonly y_lfs: Summary;
  readonly loss: number;
  readonly grad: Record<string, number>;
}
const fixture = await readFixture<{
  F3Net_FAD16: {
    band_edges: [number, number][];
    base_counts: number[];
    out: Summary;
    per_filter: Summary[];
    dct_row1: number[];
  };
  F3Net_band_edges: Record<string, { edges: number[]; counts: number[] }>;
  F3Net_LFS299: { out: Summary; per_band: Summary[]; base_counts: number[] };
  F3Net_MixBlock: { keys: Record<string, number[]>; y_fad: Summary; y_lfs: Summary };
  mix_eval: MixCase;
  mix_train: MixCase;
}>("f3_net.json");

const ones = (values: Float32Array) => values.reduce((a, b) => a + b, 0);

Deno.test("decompositionBands has the code's edges and counts, and cosines its transform", () => {
  const { band_edges, base_counts, dct_row1 } = fixture.F3Net_FAD16;
  const bands = decompositionBands(16);
  assert.deepEqual(bands.map(({ start, end }) => [start, end]), band_edges);
  assert.deepEqual(bands.map((band) => ones(bandOf(band, 16))), base_counts);
  for (const [size, { edges, counts }] of Object.entries(fixture.F3Net_band_edges)) {
    const [low, middle, high] = decompositionBands(Number(size));
    assert.deepEqual([low.start, low.end, middle.end, high.end], edges);
    const all = decompositionBands(Number(size)).map((band) => ones(bandOf(band, Number(size))));
    assert.deepEqual(all, counts);
  }
  assert.ok(relativeError(cosines(16).slice(16, 32), dct_row1) < 1e-12);
});

Deno.test("decomposeFrequencies equals the code's four bands", () => {
  const { out, per_filter } = fixture.F3Net_FAD16;
  const parameters = initialiseParameters(decompositionParameters(16), createRandom(1));
  fillFrequencyFilters(parameters);
  tf.tidy(() => {
    const bands = decomposeFrequencies(fillImages("fad", 1, 16), parameters);
    assert.ok(summaryError(torchValues(bands, "activation"), out) < 1e-5);
    tf.split(bands, 4, 3).forEach((band, k) =>
      assert.ok(summaryError(torchValues(band, "activation"), per_filter[k]) < 1e-5)
    );
    assert.throws(
      () => decomposeFrequencies(tf.zeros([1, 20, 20, 3]), parameters),
      { name: "TypeError", message: /16 × 16 pixels, not 20 × 20/ },
    );
  });
  disposeParameters(parameters);
});

Deno.test("decomposeFrequencies with nothing learnt keeps the picture in its last band, at odd sides too", () => {
  for (const side of [15, 22]) {
    const parameters = initialiseParameters(decompositionParameters(side), {
      ...createRandom(1),
      normal: () => 0,
    });
    tf.tidy(() => {
      const images = fillImages("any", 2, side);
      const bands = decomposeFrequencies(images, parameters);
      const whole = tf.slice(bands, [0, 0, 0, 9], [-1, -1, -1, 3]);
      assert.ok(relativeError(whole.dataSync(), [...images.dataSync()]) < 1e-5);
    });
    disposeParameters(parameters);
  }
});

Deno.test("localFrequencyStatistics equals the code's six bands at 299 pixels", () => {
  const { out, per_band, base_counts } = fixture.F3Net_LFS299;
  assert.deepEqual(statisticsBands().map((band) => ones(bandOf(band, 10))), base_counts);
  assert.equal(statisticsSide(299), 149);
  const parameters = initialiseParameters(statisticsParameters(), createRandom(1));
  fillFrequencyFilters(parameters);
  tf.tidy(() => {
    const images = tf.mul(fillImages("input299", 1, 299), 0.25) as tf.Tensor4D;
    const maps = localFrequencyStatistics(images, { rule: "sumOfLogs", parameters });
    assert.ok(summaryError(torchValues(maps, "activation"), out) < 1e-4);
    tf.split(maps, 6, 3).forEach((band, k) =>
      assert.ok(summaryError(torchValues(band, "activation"), per_band[k]) < 1e-4)
    );
  });
  disposeParameters(parameters);
});

/** The paper's Eq. 3 at one window, in float64: log₁₀ Σ |filter · D x Dᵀ| / count. */
function windowStatistics(levels: (y: number, x: number) => number, learnt: Float32Array[]) {
  const basis = cosines(10), at = (u: number, y: number) => basis[u * 10 + y];
  const indices = Array.from({ length: 10 }, (_, i) => i);
  return statisticsBands().map((band, k) => {
    const fixed = bandOf(band, 10);
    let sum = 0;
    for (const u of indices) {
      for (const v of indices) {
        let coefficient = 0;
        for (const y of indices) {
          for (const x of indices) coefficient += at(u, y) * at(v, x) * levels(y, x);
        }
        const filter = fixed[u * 10 + v] + 2 / (1 + Math.exp(-learnt[k][u * 10 + v])) - 1;
        sum += Math.abs(filter * coefficient);
      }
    }
    return Math.log10(sum / ones(fixed) + 1e-15);
  });
}

Deno.test("localFrequencyStatistics by the paper's rule is Eq. 3, at the border too", () => {
  const parameters = initialiseParameters(statisticsParameters(), createRandom(1));
  fillFrequencyFilters(parameters);
  const learnt = Object.keys(parameters).map((name) => fill(name, 100, { amplitude: 0.1 }));
  tf.tidy(() => {
    const side = 24, images = tf.div(fillImages("eq3", 1, side), 2) as tf.Tensor4D;
    const maps = localFrequencyStatistics(images, { rule: "logOfSums", parameters });
    assert.deepEqual(maps.shape, [1, statisticsSide(side), statisticsSide(side), 6]);
    const found = maps.arraySync()[0], pixels = images.arraySync()[0];
    for (const [row, column] of [[0, 0], [3, 5], [statisticsSide(side) - 1, 2]]) {
      const levels = (y: number, x: number) => {
        const [r, g, b] = pixels[2 * row - 4 + y]?.[2 * column - 4 + x] ?? [];
        return r === undefined ? 0 : (0.299 * r + 0.587 * g + 0.114 * b + 1) * 122.5;
      };
      const expected = windowStatistics(levels, learnt);
      assert.ok(relativeError(found[row][column], expected) < 1e-4);
    }
  });
  disposeParameters(parameters);
});

/** Square maps of eight channels as the fixture has them, `[2, 4, 4, 8]`. */
const maps = (name: string) =>
  tf.transpose(tf.tensor4d(fill(name, 256), [2, 8, 4, 4]), [0, 2, 3, 1]) as tf.Tensor4D;

Deno.test("mixBlockParameters has the code's names, order and shapes", () => {
  assert.deepEqual(
    mixBlockParameters("m", 8).map(({ name, shape }) => [name.slice(2), torchShape(shape)]),
    Object.entries(fixture.F3Net_MixBlock.keys)
      .filter(([name]) => !name.endsWith("num_batches_tracked")),
  );
});

Deno.test("mixBlock equals the code's in inference and training, with every gradient", () => {
  const made = initialiseParameters(mixBlockParameters("m", 8), createRandom(1));
  const bare: Parameters = Object.fromEntries(
    Object.entries(made).map(([name, variable]) => [name.slice(2), variable]),
  );
  fillParameters(bare, 3);
  made["m.FAD_gamma"].assign(tf.tensor1d([0.3]));
  made["m.LFS_gamma"].assign(tf.tensor1d([-0.2]));
  for (const training of [false, true]) {
    const expected = training ? fixture.mix_train : fixture.mix_eval;
    tf.tidy(() => {
      const a = tf.variable(maps("mixa")), b = tf.variable(maps("mixb")), w = maps("mixw");
      const { value, grads } = tf.variableGrads(() => {
        const mode = training
          ? { training: { seed: tf.tensor1d([0, 0], "int32"), updates: {} } }
          : {};
        const { decomposed, statistics } = mixBlock(
          { decomposed: a as tf.Tensor4D, statistics: b as tf.Tensor4D },
          { name: "m", layers: openLayers(made, mode), parameters: made },
        );
        assert.ok(summaryError(torchValues(decomposed, "activation"), expected.y_fad) < 1e-5);
        assert.ok(summaryError(torchValues(statistics, "activation"), expected.y_lfs) < 1e-5);
        const [first, second] = [decomposed, tf.square(statistics)].map((y) => tf.mul(y, w));
        return tf.add(tf.sum(first), tf.sum(second)) as tf.Scalar;
      });
      assert.ok(Math.abs(value.dataSync()[0] / expected.loss - 1) < 1e-5);
      for (const [name, norm] of Object.entries(expected.grad)) {
        const variable = ({ ...bare, a, b } as Parameters)[name],
          found = tf.norm(grads[variable.name]).dataSync()[0];
        // The softmax does not see a key's bias, nor a batch norm that of its layer: only rounding is left.
        if (norm < 1e-9) assert.ok(found < 1e-2, `${name}: ${found}`);
        else assert.ok(Math.abs(found / norm - 1) < 1e-4, `${name}: ${found}, expected ${norm}`);
      }
      a.dispose();
      b.dispose();
    });
  }
  disposeParameters(made);
});

Deno.test("mixBlock takes nothing at first, and refuses maps of two sizes", () => {
  const parameters = initialiseParameters(mixBlockParameters("m", 8), createRandom(1));
  tf.tidy(() => {
    const training = { seed: tf.tensor1d([0, 0], "int32"), updates: {} };
    const layers = openLayers(parameters, { training }), a = maps("mixa"), b = maps("mixb");
    const { decomposed, statistics } = mixBlock({ decomposed: a, statistics: b }, {
      name: "m",
      layers,
      parameters,
    });
    assert.ok(relativeError(decomposed.dataSync(), [...a.dataSync()]) < 1e-4);
    assert.ok(relativeError(statistics.dataSync(), [...b.dataSync()]) < 1e-4);
    const small = tf.slice(b, [0, 0, 0, 0], [2, 3, 3, 8]);
    assert.throws(
      () => mixBlock({ decomposed: a, statistics: small }, { name: "m", layers, parameters }),
      /square maps of one size, not \[2,4,4,8\] and \[2,3,3,8\]/,
    );
  });
  disposeParameters(parameters);
});

Deno.test("mixedSides tells where F3-Net's streams meet", () => {
  assert.deepEqual(mixedSides(299), [19, 19]);
  for (const side of [32, 64, 96, 224, 256]) {
    const [a, b] = mixedSides(side);
    assert.equal(a, b);
  }
  assert.deepEqual(mixedSides(40), [3, 2]);
});
