/** One writer a folder, whoever it is, and none that is gone. */
import assert from "node:assert/strict";
import { lockFolder } from "lib/io/folder_lock.ts";
import { inFolder } from "../in_folder.ts";

/** A process that holds a folder until it is killed. */
async function holder(folder: string): Promise<Deno.ChildProcess> {
  const program = `
    import { lockFolder } from "lib/io/folder_lock.ts";
    using lock = await lockFolder(${JSON.stringify(folder)}, "training");
    console.log("held");
    await new Promise((done) => setTimeout(done, 60_000));
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return child;
}

Deno.test("lockFolder refuses a second process by the first one's name, and not once that was killed", async () => {
  await inFolder(async (folder) => {
    const child = await holder(`${folder}/run`);
    await assert.rejects(lockFolder(`${folder}/run`, "training"), (error: Error) => {
      assert.match(error.message, /Another run of training is at work in .*run"/);
      assert.ok(error.message.includes(`process ${child.pid} on `), error.message);
      return true;
    });
    child.kill("SIGKILL");
    await child.status;
    using _lock = await lockFolder(`${folder}/run`, "training");
    await assert.rejects(lockFolder(`${folder}/run`, "training"), (error: Error) => {
      assert.ok(error.message.includes(`process ${Deno.pid} on `), error.message);
      return true;
    });
  });
});

Deno.test("lockFolder says of a place that cannot be a folder what is wrong with it", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(lockFolder(`${folder}/file`, "training"), /Cannot write into .*file"/);
  });
});
