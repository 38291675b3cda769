/** Why a file that somebody named cannot be opened, for pictures and videos alike. */

/** A reason that lies with the file's place, not with what it holds. */
export interface FileFault {
  /** The reason in one word. */
  readonly problem: "missing" | "noPermission";
  /** The reason and what to do, in a sentence that follows the file's name. */
  readonly explanation: string;
}

/** What an error of the file system says of a file; undefined for an error that is not the file's fault. */
export function fileFault(error: unknown): FileFault | undefined {
  const { NotFound, FilesystemLoop, PermissionDenied, NotCapable } = Deno.errors;
  if (error instanceof NotFound) {
    return { problem: "missing", explanation: "there is no such file. Check the path." };
  }
  if (error instanceof FilesystemLoop) {
    return { problem: "missing", explanation: "its links lead in a circle. Mend the link." };
  }
  if (error instanceof PermissionDenied || error instanceof NotCapable) {
    const explanation = "it may not be read. Change its permissions.";
    return { problem: "noPermission", explanation };
  }
  if (error instanceof Deno.errors.NotADirectory) {
    const explanation = "a folder in its path is a file. Check the path.";
    return { problem: "missing", explanation };
  }
  if (error instanceof Deno.errors.IsADirectory) {
    return { problem: "missing", explanation: "it is a folder, not a file. Name a file in it." };
  }
  if (error instanceof Error && /name too long/i.test(error.message)) {
    return {
      problem: "missing",
      explanation: "its name is too long for this disk. Check the path.",
    };
  }
  return undefined;
}

/** Why a file cannot be read, in a sentence that follows its name: never the system's own words alone. */
export function whyUnreadable(error: unknown): string {
  const known = fileFault(error);
  if (known !== undefined) return known.explanation;
  const message = error instanceof Error ? error.message : String(error);
  const words = message.replace(/\s*\(os error \d+\)/, "").replace(/[.\s]*(: \w+ '.*')?$/s, "");
  return `the system says "${words}". Check the disk it lies on.`;
}
