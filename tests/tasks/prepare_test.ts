import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readManifest } from "lib/data/manifest.ts";
import { parsePrepareOptions } from "lib/tasks/prepare/prepare_options.ts";
import { FACE_CUT } from "lib/faces/face_cut.ts";
import { noClassCounts } from "lib/data/training_use.ts";
import { summaryText } from "lib/tasks/prepare/prepare_run.ts";
import { PROJECT } from "lib/tasks/setup/project.ts";
import { SET_UP_MARK } from "lib/tasks/setup/run_again.ts";
import { faceClip, temporaryFolder } from "../media/made_clips.ts";

const TASK = fileURLToPath(import.meta.resolve("lib/tasks/prepare.ts"));

/** `deno task prepare` with these arguments, its set-up being done; `onText` sees what it prints, and may end it. */
async function prepare(
  args: readonly string[],
  onText: (text: string, child: Deno.ChildProcess) => void = () => {},
): Promise<{ code: number; text: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", TASK, ...args],
    env: { NO_COLOR: "1", [SET_UP_MARK]: PROJECT.root },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let text = "";
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      text += part;
      onText(text, child);
    }
  };
  await Promise.all([read(child.stdout), read(child.stderr)]);
  return { code: (await child.status).code, text };
}

Deno.test("parsePrepareOptions takes the defaults of the paper and what is said", () => {
  const options = parsePrepareOptions(["set", "--out", "crops"]);
  assert.ok(options !== "help");
  assert.deepEqual(options, {
    dataSet: "set",
    out: "crops",
    settings: {
      choose: { every: 5 },
      faces: "largest",
      margin: 0.15,
      size: 224,
      minScore: 0.9,
      longSide: 960,
      format: "jpg",
      quality: 95,
      finder: "RetinaFace MobileNet-0.25 b7a7acab",
      code: FACE_CUT.code,
    },
  });
  const other = parsePrepareOptions(
    "set --out x --every 10 --faces all --size 96 --format png --at-once 3 --distort GB:4".split(
      " ",
    ),
  );
  assert.ok(other !== "help");
  assert.deepEqual([other.atOnce, other.settings.choose], [3, { every: 10 }]);
  assert.deepEqual(other.settings.distortion, { kind: "GB", level: 4 });
  assert.equal(parsePrepareOptions(["--help"]), "help");
});

Deno.test("parsePrepareOptions refuses what it does not understand, and names it", () => {
  const refused: [args: string, words: RegExp][] = [
    ["", /Name one data set, not 0/],
    ["a b --out x", /Name one data set, not 2/],
    ["a", /--out/],
    ["a --out x --every 5 --frames 5", /give one of them/],
    ["a --out x --every five", /choose is NaN, but must be/],
    ["a --out x --frames 0", /choose is 0, but must be/],
    ["a --out x --size 8", /size is 8/],
    ["a --out x --faces some", /faces is some, but must be "largest" or "all"/],
    ["a --out x --at-once 0", /--at-once is "0"/],
    ["a --out x --quality 101", /quality is 101/],
    ["a --out x --distort GB", /KIND:LEVEL, not "GB"\. Kinds are CS \(colour saturation\)/],
  ];
  for (const [args, words] of refused) {
    const list = args.split(" ").filter((word) => word !== "");
    assert.throws(() => parsePrepareOptions(list), words, args);
  }
  assert.throws(() => parsePrepareOptions(["a", "--out", "x", "--colour", "red"]), TypeError);
});

Deno.test("summaryText counts and names both files", () => {
  const text = summaryText(
    {
      units: 3,
      looked: 30,
      crops: 24,
      withoutFace: 6,
      unitsWithoutFace: 1,
      unreadable: 1,
      unreadablePictures: 0,
      problems: 2,
      counts: noClassCounts(),
    },
    "out",
  );
  assert.match(text, /24 faces from 30 frames of 3 .*manifest\.csv/);
  assert.match(text, /without a face: 6 frames, and 1 .*unreadable: 1; .*lists: 2\. .*report\.csv/);
});

Deno.test("deno task prepare says what is wrong with its command line and exits with 2", async () => {
  const { code, text } = await prepare(["somewhere"]);
  assert.equal(code, 2);
  assert.match(text, /Say with --out[\s\S]*--every K/);
});

Deno.test({
  name: "deno task prepare ends cleanly at Ctrl-C, goes on, and shows rate and time left",
  ignore: Deno.build.os === "windows",
}, async () => {
  await using folder = await temporaryFolder();
  const root = join(folder.path, "set"), out = join(folder.path, "out");
  await Deno.mkdir(join(root, "real"), { recursive: true });
  await Deno.mkdir(join(root, "fake"));
  for (let i = 0; i < 3; i++) {
    await faceClip(join(root, i === 0 ? "fake" : "real", `${i}.mp4`), 50 * (1 + i), i);
  }
  let sent = false;
  const stopped = await prepare([root, "--out", out, "--at-once", "1"], (text, child) => {
    if (sent || !/prepare 1\/3/.test(text)) return;
    sent = true;
    child.kill("SIGINT");
  });
  assert.equal(stopped.code, 130, stopped.text);
  assert.match(stopped.text, /prepare 1\/3 · [\d.]+ frames\/s · /);
  assert.match(
    stopped.text,
    /Stopped\. What is finished stays; the same command goes on where it was/,
  );

  const rest = await prepare([root, "--out", out]);
  assert.equal(rest.code, 0, rest.text);
  assert.match(rest.text, /label 0 = real, 1 = fake/);
  assert.match(rest.text, /3 videos or pictures, [12] kept from before/);
  assert.match(rest.text, /60 faces from 60 frames of 3/);
  assert.match(rest.text, /frames\/s · .*left/); // not after the first unit, which tells little
  assert.match(
    rest.text,
    /Next, to measure a detector: deno task evaluate <run> --data .*manifest\.csv\n$/,
  );
  assert.equal((await readManifest(join(out, "manifest.csv"))).length, 60);

  await Deno.writeTextFile(join(root, "real", "broken.mp4"), "no video");
  const broken = await prepare([root, "--out", out]);
  assert.equal(broken.code, 1);
  assert.match(broken.text, /Cannot be read.*real\/broken\.mp4/);
  assert.match(broken.text, /1 of 4 could not be read and are not in the manifest/);

  const wrong = await prepare([join(folder.path, "none"), "--out", out]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.text, /There is no data set/);
});
