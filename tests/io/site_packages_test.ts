import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_ENVIRONMENT, sitePackages } from "lib/io/site_packages.ts";

/** An environment with these folders. */
async function environment(...folders: string[]): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  for (const folder of folders) await Deno.mkdir(join(path, folder), { recursive: true });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("sitePackages finds the layout of Linux and macOS", async () => {
  await using made = await environment("lib/python3.11/site-packages", "lib/pkgconfig");
  assert.equal(sitePackages(made.path), join(made.path, "lib/python3.11/site-packages"));
});

Deno.test("sitePackages finds the layout of Windows", async () => {
  await using made = await environment("Lib/site-packages", "Scripts");
  assert.equal(sitePackages(made.path), join(made.path, "Lib/site-packages"));
});

Deno.test("sitePackages takes the newest Python by number, and passes over one without packages", async () => {
  await using made = await environment(
    "lib/python3.9/site-packages",
    "lib/python3.10/site-packages",
    "lib/python3.12",
  );
  assert.equal(sitePackages(made.path), join(made.path, "lib/python3.10/site-packages"));
});

Deno.test("sitePackages is undefined without an environment", async () => {
  await using made = await environment("lib");
  assert.equal(sitePackages(made.path), undefined);
  assert.equal(sitePackages(join(made.path, "none")), undefined);
});

// Python says itself where pip installs.
Deno.test("sitePackages of the project is where its Python looks for packages", async () => {
  const windows = Deno.build.os === "windows";
  const python = join(
    PROJECT_ENVIRONMENT,
    ...(windows ? ["Scripts", "python.exe"] : ["bin", "python"]),
  );
  const { stdout } = await new Deno.Command(python, {
    args: ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
  }).output();
  const said = new TextDecoder().decode(stdout).trim();
  assert.equal(
    await Deno.realPath(sitePackages(PROJECT_ENVIRONMENT)!),
    await Deno.realPath(said),
  );
});
