/**
 * Starting a Chrome for figures and for tests of what a browser shows: the user's own where there is
 * one, else the packaged one. What is drawn in it is left to export.ts.
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

async function start(path: string, fonts?: string): Promise<Browser> {
  const begin = (flags: string[]) =>
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
  // As root Chrome refuses to start with its sandbox.
  if (Deno.build.os !== "windows" && Deno.uid() === 0) return await begin(["--no-sandbox"]);
  try {
    return await begin([]);
  } catch (error) {
    // Containers and some distributions forbid the sandbox's namespaces to ordinary users.
    if (/no usable sandbox/i.test(String(error))) return await begin(["--no-sandbox"]);
    throw error;
  }
}

/**
 * Why a browser did not start, in one line, with the Debian packages to install where it lacks a
 * system library.
 *
 * @param error What starting it threw.
 */
export function explainLaunchError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const library = message.match(/error while loading shared libraries: ([^:\s]+)/)?.[1];
  if (library === undefined) return message.split("\n").filter((line) => line.trim())[0] ?? "";
  return `it lacks the system library ${library}; on Debian or Ubuntu: ` +
    "apt-get install libnss3 libnspr4 libexpat1 libgcc-s1";
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
      const why = explainLaunchError(cause);
      throw new Error(
        `The Chrome that the environment variable CHROME names, ${named}, did not start: ${why}. ` +
          "Correct or unset the variable.",
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
      failures.push(`${installed}: ${explainLaunchError(error)}`);
    }
  }
  try {
    const { path, fonts } = await packagedChrome();
    return await start(path, fonts);
  } catch (error) {
    failures.push(`packaged Chromium: ${explainLaunchError(error)}`);
  }
  throw new Error(
    `No Chrome starts, so there are no SVG and PNG files (${failures.join("; ")}). ` +
      "Install Chrome or Chromium, or set the environment variable CHROME to its path.",
  );
}
