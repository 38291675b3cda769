/**
 * The error of a set-up that cannot go on: what is wrong and what to do about it, in plain words.
 * Also reads the complaints of pip and of Deno's installer into such words.
 */

/** What stopped the set-up, with the remedy. Shown without a stack. */
export class SetUpFailure extends Error {
  /** What the person can do, one sentence or two. */
  readonly remedy: string;

  /** `problem` and `remedy` are sentences without a line break. */
  constructor(problem: string, remedy: string) {
    super(problem);
    this.name = "SetUpFailure";
    this.remedy = remedy;
  }
}

const NO_SPACE = /no space left on device|errno 28|os error 28|enospc|not enough space/i;
const UNREACHABLE =
  /connection (broken|refused|reset|error)|failed to establish|name resolution|could not resolve|dns error|timed? ?out|proxyerror|ssl|certificate|error sending request|client error/i;

/** The failure for a full disk, met while doing `what`. */
export function noSpace(what: string): SetUpFailure {
  return new SetUpFailure(
    `There is no space left on the disk (while ${what}).`,
    "Free some gigabytes (deleting .cache/pip is safe) and run the same command again; it goes on where it was.",
  );
}

/** Whether `error` is the operating system's "no space left". */
export function isNoSpace(error: unknown): boolean {
  return NO_SPACE.test(String(error));
}

/** Whether pip's output says that no wheel of a package fits this platform or Python, though the index answered. */
export function saysNoWheel(lines: readonly string[]): boolean {
  const text = lines.join("\n");
  return /no matching distribution found/i.test(text) && !UNREACHABLE.test(text);
}

/**
 * The failure that pip's output means.
 * `lines` are its last lines, `what` the thing it was installing.
 */
export function pipFailure(lines: readonly string[], what: string): SetUpFailure {
  const text = lines.join("\n");
  if (NO_SPACE.test(text)) return noSpace(`installing ${what}`);
  const missing = /(?:no matching distribution found for|satisfies the requirement) ([^\s(;]+)/i
    .exec(text)?.[1];
  return cannotBeHad("Python", missing ?? what, lines, "pip's settings (PIP_INDEX_URL, proxy)");
}

/** The failure that the output of `deno ci` means; `lines` are its last lines. */
export function npmFailure(lines: readonly string[]): SetUpFailure {
  const text = lines.join("\n");
  if (NO_SPACE.test(text)) return noSpace("installing the npm packages");
  if (/lockfile is out of date|lockfile.*frozen/i.test(text)) {
    return new SetUpFailure(
      "deno.lock does not fit deno.json.",
      "If you changed deno.json, run `deno install --frozen=false` once; otherwise restore both files from git.",
    );
  }
  const missing = /npm package ["']([^"']+)["']/i.exec(text)?.[1] ??
    /npm:(@?[\w./-]+@[\w.-]+)/.exec(text)?.[1] ??
    /\/((?:@[\w.-]+(?:\/|%2f))?[\w.-]+)\/-\//i.exec(text)?.[1] ??
    "(see the last line)";
  return cannotBeHad("npm", missing, lines, "npm's settings (NPM_CONFIG_REGISTRY, .npmrc, proxy)");
}

function cannotBeHad(
  kind: string,
  name: string,
  lines: readonly string[],
  settings: string,
): SetUpFailure {
  const spoken = lines.filter((line) => line.trim() !== "");
  const last = spoken.findLast((line) => /^\s*error\b/i.test(line)) ?? spoken.at(-1) ?? "no output";
  const why = UNREACHABLE.test(lines.join("\n")) ? " (its registry does not answer)" : "";
  return new SetUpFailure(
    `The ${kind} package ${name} cannot be had${why}. Last line: ${last.trim()}`,
    `Check the network and ${settings}, then run the same command again; what was downloaded is kept.`,
  );
}
