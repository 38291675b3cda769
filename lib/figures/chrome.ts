/**
 * Starting a Chrome for figures and for tests of what a browser shows: the user's own where there is
 * one, else the packaged one. What is drawn in it is left to export_figure.ts.
 */
import puppeteer, { type Browser } from "puppeteer-core";
import { join } from "node:path";
import { packagedChrome } from "./packaged_chrome.ts";

/** The facts about a machine that decide where its Chrome may be. */
export interface Machine {
  /** As in `Deno.build.os`. */
  readonly os: typeof Deno.build.os;
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const NAMES = ["google-chrome-stable", "google-chrome", "chromium", "chromium-browser", "chrome"];
const MAC_NAMES = ["Google Chrome", "Chromium", "Microsoft Edge"];
const WINDOWS_NAMES = [
  "Google\\Chrome\\Application\\chrome.exe",
  "Chromium\\Application\\chrome.exe",
]
  .concat("Microsoft\\Edge\\Application\\msedge.exe");

/**
 * The usual places of Chrome, Chromium and (on macOS and Windows) Edge, in the order of preference.
 *
 * @example
 * ```ts
 * import { chromePlaces } from "lib/figures/chrome.ts";
 * import assert from "node:assert/strict";
 *
 * const places = chromePlaces({ os: "linux", environment: { PATH: "/usr/bin" } });
 * assert.equal(places[0], "/usr/bin/google-chrome-stable");
 * ```
 */
export function chromePlaces({ os, environment }: Machine): string[] {
  if (os === "darwin") {
    return ["/Applications", join(environment.HOME ?? "", "Applications")].flatMap((folder) =>
      MAC_NAMES.map((name) => `${folder}/${name}.app/Contents/MacOS/${name}`)
    );
  }
  if (os === "windows") {
    return ["PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"]
      .flatMap((variable) => environment[variable] ?? [])
      .flatMap((folder) => WINDOWS_NAMES.map((name) => `${folder}\\${name}`));
  }
  const folders = (environment.PATH ?? "").split(":").filter((folder) => folder !== "");
  return [...folders, "/snap/bin", "/opt/google/chrome"].flatMap((folder) =>
    NAMES.map((name) => `${folder}/${name}`)
  );
}

async function firstFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    if (await Deno.stat(path).then((found) => found.isFile, () => false)) return path;
  }
  return undefined;
}

/** Nothing is fetched, asked, or synchronised: the pages are the kit's own. */
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--hide-scrollbars",
  "--font-render-hinting=none",
];

/** What a Chrome that did not start says of it. Puppeteer, which talks to it through a pipe, does not hear it. */
async function complaint(path: string, flags: readonly string[]): Promise<string> {
  const profile = await Deno.makeTempDir();
  try {
    const args = [...FLAGS, ...flags, "--headless", "--dump-dom", "about:blank"];
    const { stderr } = await new Deno.Command(path, {
      args: [...args, `--user-data-dir=${profile}`],
      stdout: "null",
      stderr: "piped",
      signal: AbortSignal.timeout(20_000),
    }).output();
    return new TextDecoder().decode(stderr);
  } catch (error) {
    return (error as Error).message;
  } finally {
    await Deno.remove(profile, { recursive: true });
  }
}

async function start(path: string, fonts?: string): Promise<Browser> {
  const begin = (flags: readonly string[]) =>
    puppeteer.launch({
      executablePath: path,
      headless: "shell",
      args: [...FLAGS, ...flags],
      // Chrome ends when this pipe closes, so it never outlives the process, killed or not.
      pipe: true,
      // Puppeteer's own handlers would end the Jupyter kernel at an interrupt.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      timeout: 60_000,
      ...(fonts ? { env: { ...Deno.env.toObject(), FONTCONFIG_FILE: fonts } } : {}),
    });
  const root = Deno.build.os !== "windows" && Deno.uid() === 0;
  const flags = root ? ["--no-sandbox"] : []; // as root Chrome refuses to start with its sandbox
  try {
    return await begin(flags);
  } catch (cause) {
    const said = await complaint(path, flags);
    // Containers and some distributions forbid the sandbox's namespaces to ordinary users.
    if (!root && /no usable sandbox/i.test(said)) return await begin(["--no-sandbox"]);
    throw new Error(explainLaunchError(`${(cause as Error).message}\n${said}`), { cause });
  }
}

/**
 * Why a browser did not start, in one line, with the Debian packages to install where it lacks a
 * system library.
 *
 * @param said Everything that was said as it did not start.
 */
export function explainLaunchError(said: string): string {
  const library = said.match(/error while loading shared libraries: ([^:\s]+)/)?.[1];
  if (library !== undefined) {
    return `it lacks the system library ${library}; on Debian or Ubuntu: ` +
      "apt-get install libnss3 libnspr4 libexpat1 libgcc-s1";
  }
  const lines = said.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  return lines.find((line) => line.includes("FATAL")) ?? lines[0] ?? "it did not say why";
}

/**
 * Starts a headless Chrome: the one named by the environment variable CHROME, else the first of
 * `chromePlaces`, else the packaged one. The caller closes it, best by `await using`; it also ends
 * with this process, however that ends.
 *
 * @returns Puppeteer's browser.
 * @throws Error naming every browser tried, why it did not start, and what to do. One named by CHROME
 * is never silently replaced by another.
 *
 * @example A page, and its title
 * ```ts
 * import { launchChrome } from "lib/figures/chrome.ts";
 * import assert from "node:assert/strict";
 *
 * await using chrome = await launchChrome();
 * const page = await chrome.newPage();
 * await page.setContent("<title>Forgery Clues</title>");
 * assert.equal(await page.title(), "Forgery Clues");
 * ```
 */
export async function launchChrome(): Promise<Browser> {
  const environment = Deno.env.toObject();
  const named = environment.CHROME;
  if (named) {
    return await start(named).catch((cause) => {
      throw new Error(
        `The Chrome that the environment variable CHROME names, ${named}, did not start: ` +
          `${cause.message}. Correct or unset the variable.`,
        { cause },
      );
    });
  }
  const failures: string[] = [];
  const installed = await firstFile(chromePlaces({ os: Deno.build.os, environment }));
  if (installed !== undefined) {
    try {
      return await start(installed);
    } catch (error) {
      failures.push(`${installed}: ${(error as Error).message}`);
    }
  }
  try {
    const { path, fonts } = await packagedChrome();
    return await start(path, fonts);
  } catch (error) {
    failures.push(`packaged Chromium: ${(error as Error).message}`);
  }
  throw new Error(
    `No Chrome starts, so there are no SVG and PNG files (${failures.join("; ")}). ` +
      "Install Chrome or Chromium, or set the environment variable CHROME to its path.",
  );
}
