import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openOnnxruntime } from "lib/faces/onnxruntime.ts";
import { inFolder } from "../in_folder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Finds the faces of a demo photograph and prints how many there are. */
const PROGRAM = `
import { detectFaces, openFaceDetector } from "lib/faces/detect_faces.ts";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { readImage } from "lib/media/image.ts";
await using detector = await openFaceDetector({ threads: 2 });
console.log((await detectFaces(await readImage(demoPhotographs()[0]), detector)).length);
`;

/** Every file and folder below a folder. */
function below(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    return isDirectory ? [path, ...below(path)] : [path];
  });
}

Deno.test("finding faces writes nothing into the home folder nor the temporary one", () =>
  inFolder(async (folder) => {
    const home = join(folder, "home"), temporary = join(folder, "temporary");
    await Deno.mkdir(home);
    await Deno.mkdir(temporary);
    // Whoever runs the tests may have shut telemetry off already, or moved what belongs below HOME.
    const inherited = Object.entries(Deno.env.toObject()).filter(([name]) =>
      !/^(ORT_|XDG_)/.test(name)
    );
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", "--ext=ts", PROGRAM],
      cwd: ROOT,
      clearEnv: true,
      env: {
        ...Object.fromEntries(inherited),
        ...{ HOME: home, USERPROFILE: home, LOCALAPPDATA: home, APPDATA: home },
        ...{ TMPDIR: temporary, TMP: temporary, TEMP: temporary },
        DENO_DIR: join(folder, "deno"), // it would be below HOME
        NO_COLOR: "1",
      },
    }).output();
    const decoder = new TextDecoder();
    assert.equal(decoder.decode(stdout), "3\n", decoder.decode(stderr));
    assert.deepEqual([...below(home), ...below(temporary)], []);
  }));

Deno.test("openOnnxruntime opens the library, whatever the environment said before", async () => {
  const name = "ORT_DISABLE_TELEMETRY", before = Deno.env.get(name);
  try {
    Deno.env.set(name, "0");
    const { InferenceSession } = await openOnnxruntime();
    assert.equal(typeof InferenceSession.create, "function");
    assert.equal(Deno.env.get(name), "1");
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
});
