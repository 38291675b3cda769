import * as tf from "@tensorflow/tfjs";
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { vary } from "lib/detectors/configuration.ts";
import { SMOKE } from "lib/detectors/exposing_the_deception/paper_configurations.ts";
import { initialiseParameters } from "lib/networks/initialise_parameters.ts";
import { writeSafetensors } from "lib/networks/weights/safetensors.ts";
import { storeParameters } from "lib/networks/weights/state_dict.ts";
import { readStateDict } from "lib/networks/weights/state_dict_file.ts";
import { createRandom } from "lib/random.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { inFolder } from "../../in_folder.ts";
import { fillImages, relativeError } from "../fixture_formula.ts";

await tf.setBackend("cpu");

/** The Python of the bench's environment, the only one that has PyTorch. */
const python = PROJECT.python.replace(PROJECT.venv, join(PROJECT.cache, "bench-torch"));

const ignore = !hasTorch();
const note = ignore ? " (ignored: there is no PyTorch here; `deno task bench` installs it)" : "";

function hasTorch(): boolean {
  const program = "import sys, importlib.util as u; sys.exit(u.find_spec('torch') is None)";
  try {
    return new Deno.Command(python, { args: ["-c", program] }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Runs the PyTorch side; what it printed. */
async function torch(...args: string[]): Promise<string> {
  const script = fileURLToPath(new URL("./torch_exchange.py", import.meta.url));
  const env = { OMP_NUM_THREADS: "1", PYTHONIOENCODING: "utf-8" };
  const command = new Deno.Command(python, { args: ["-B", script, ...args], env });
  const { success, stdout, stderr } = await command.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

interface Contents {
  readonly type: string;
  readonly shape: number[];
  readonly hex: string;
}

Deno.test(
  { name: `readStateDict reads what PyTorch writes, bit for bit${note}`, ignore },
  async () => {
    await inFolder(async (folder) => {
      await torch("write", folder);
      const expected = JSON.parse(await Deno.readTextFile(join(folder, "expected.json"))) as Record<
        string,
        Record<string, Contents> | null
      >;
      let read = 0, refused = 0;
      for (const [name, tensors] of Object.entries(expected)) {
        const path = join(folder, name);
        if (tensors === null) {
          await assert.rejects(readStateDict(path), (error: Error) => {
            assert.ok(error.message.startsWith(`${path} cannot be read`), String(error.stack));
            return true;
          });
          refused++;
          continue;
        }
        const file = await readStateDict(path);
        const found = [...file.tensors].map(([key, { type, shape, bytes }]) => [
          key,
          { type, shape, hex: bytes.toHex() },
        ]);
        assert.deepEqual(Object.fromEntries(found), tensors, name);
        if (name.startsWith("checkpoint")) {
          assert.deepEqual(file.metadata, { epoch: "3", best: "0.5", arch: "resnet34" });
        }
        read++;
      }
      assert.deepEqual([read, refused], [24, 14]);
    });
  },
);

Deno.test(
  { name: `storeParameters loads in PyTorch, whose logits are ours${note}`, ignore },
  async () => {
    const { detector } = vary(SMOKE, { blocks: 3 });
    const parameters = initialiseParameters(detector.parameters, createRandom(5, "exchange"));
    await inFolder(async (folder) => {
      const path = join(folder, "model.safetensors");
      await writeSafetensors(path, await storeParameters(parameters, { steps: 7 }));
      const printed = await torch("load", path, "3", String(detector.settings.width));
      const { logits, tracked } = JSON.parse(printed) as { logits: number[][][]; tracked: number };
      assert.equal(tracked, 7);
      const here = detector.forward(fillImages("exchange", 2, 64), parameters);
      const heads = [here.joint, ...here.leaveOneOut, here.global];
      assert.equal(heads.length, logits.length);
      heads.forEach((head, i) => {
        const error = relativeError(head.dataSync(), logits[i].flat());
        assert.ok(error < 1e-4, `head ${i} differs by ${error} of its largest logit`);
      });
    });
  },
);
