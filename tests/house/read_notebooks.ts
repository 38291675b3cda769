/** Notebooks as house rules read them: cells with their text, headings, kept outputs. */
import { projectFiles, type Source } from "./sources.ts";

/** A cell with its source as one text. */
export interface NotebookCell {
  cell_type: "markdown" | "code" | "raw";
  text: string;
  outputs: readonly NotebookOutput[];
}

/** What a code cell left. */
export interface NotebookOutput {
  output_type: string;
  text?: string | string[];
  data?: Record<string, unknown>;
}

/** A notebook of the project. */
export interface ReadNotebook {
  /** Its path in the project. */
  path: string;
  /** Its file's name. */
  name: string;
  cells: readonly NotebookCell[];
}

/** Text that nbformat may keep in pieces. */
export const joined = (text: unknown): string =>
  Array.isArray(text) ? text.join("") : String(text ?? "");

/** The notebooks among files, in the order of their names. */
export function notebooksOf(files: readonly Source[]): ReadNotebook[] {
  return files.filter(({ path }) => /^notebooks\/[^/]*\.ipynb$/.test(path)).map((
    { path, text },
  ) => ({
    path,
    name: path.replace("notebooks/", ""),
    cells: (JSON.parse(text).cells as {
      cell_type: NotebookCell["cell_type"];
      source: unknown;
      outputs?: [];
    }[])
      .map(({ cell_type, source, outputs = [] }) => ({
        cell_type,
        text: joined(source),
        outputs,
      })),
  }));
}

/** All notebooks of the project, in their order. */
export async function readNotebooks(): Promise<ReadNotebook[]> {
  return notebooksOf(await projectFiles());
}

/** The text of a page without its blocks of code. */
export function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```[\s\S]*?^```/gm, "");
}

/** The headings of a page in Markdown, as they are read. */
export function headingsOf(markdown: string): string[] {
  return [...withoutCode(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, text]) =>
    text!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[*_`]/g, "").trim()
  );
}

/** The prose of a notebook. */
export const proseOf = ({ cells }: ReadNotebook): string =>
  cells.filter(({ cell_type }) => cell_type === "markdown").map(({ text }) => text).join("\n\n");
