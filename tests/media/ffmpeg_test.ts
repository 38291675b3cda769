import assert from "node:assert/strict";
import { join } from "node:path";
import { FFMPEG_VARIABLE, findFfmpeg } from "lib/media/ffmpeg.ts";
import { temporaryFolder } from "./made_clips.ts";

const ignore = Deno.build.os === "windows"; // the programs are shell scripts

/** What `ffmpeg -version` prints. */
const versionText = (version: string, libavcodec: string) =>
  `ffmpeg version ${version} Copyright\\nlibavutil 60. 1.100\\nlibavcodec     ${libavcodec}`;

/** Writes a program that prints `text`, and returns its path. */
async function program(folder: string, text: string, name = "ffmpeg"): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await Deno.writeTextFile(path, `#!/bin/sh\nprintf '${text}\\n'\n`);
  await Deno.chmod(path, 0o755);
  return path;
}

Deno.test("findFfmpeg finds one in this project, new enough", async () => {
  const { path, version } = await findFfmpeg();
  await Deno.stat(path);
  assert.match(version, /\d+\.\d+/);
});

Deno.test({ name: "findFfmpeg takes the user's before the wheel's", ignore }, async () => {
  await using folder = await temporaryFolder();
  const site = join(folder.path, "venv", "lib", "python3.12", "site-packages");
  const wheel = await program(
    join(site, "imageio_ffmpeg", "binaries"),
    versionText("n9.0", "63.  1.102 / 63.  1.102"),
    "ffmpeg-linux-v9",
  );
  const environment = join(folder.path, "venv"), bin = join(folder.path, "bin");
  const places = { chosen: "", environment };
  assert.equal((await findFfmpeg({ ...places, folders: [] })).path, wheel);
  const own = await program(bin, versionText("5.1.6-0+deb12u1", "59. 37.100 / 59. 37.100"));
  assert.deepEqual(await findFfmpeg({ ...places, folders: [join(folder.path, "none"), bin] }), {
    path: own,
    version: "5.1.6-0+deb12u1",
  });
});

Deno.test({ name: "findFfmpeg passes over one that is too old", ignore }, async () => {
  await using folder = await temporaryFolder();
  const old = join(folder.path, "old"), right = join(folder.path, "new");
  await program(old, versionText("4.4.2", "58.134.100 / 58.134.100"));
  const path = await program(right, versionText("N-113007-g8d24a28d06", "61. 33.102 / 61"));
  const places = { chosen: "", environment: join(folder.path, "none") };
  assert.equal((await findFfmpeg({ ...places, folders: [old, right] })).path, path);
  await assert.rejects(
    findFfmpeg({ ...places, folders: [old] }),
    /There is no ffmpeg.*version 4\.4\.2, older than 5\.1.*Run `deno task start`.*wheel/,
  );
});

Deno.test({ name: "findFfmpeg takes the chosen one and no other", ignore }, async () => {
  await using folder = await temporaryFolder();
  const other = await program(folder.path, "busybox 1.36", "other");
  for (
    const [chosen, why] of [
      [join(folder.path, "none"), /names ".*none", but there is no such program/],
      [other, /names ".*other", but it is not ffmpeg/],
      [folder.path, /but it does not run/],
    ] as const
  ) {
    await assert.rejects(findFfmpeg({ chosen }), why);
  }
  await assert.rejects(findFfmpeg({ chosen: other }), new RegExp(FFMPEG_VARIABLE));
});
