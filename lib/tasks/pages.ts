/**
 * `deno task pages [names] [--folder DIR]`: notebooks with their kept outputs as HTML pages to send and to
 * print. Figures can be moved over and their sliders drawn without a kernel; the template is
 * notebook_page/index.html.j2.
 */
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeWhole } from "lib/io/write_whole.ts";
import { inTask } from "./in_task.ts";
import { findNotebooks } from "./notebooks.ts";
import { withPageLinks } from "./page_links.ts";
import { pageOptions } from "./page_options.ts";
import { runCommand, tiedPython } from "./setup/run_command.ts";
import { PROJECT, type Project, projectEnvironment } from "./setup/project.ts";

const USAGE = `deno task pages [names] [options]    notebooks as HTML pages

  names          beginnings of their names, such as 00 03; none: all
  --folder DIR   where the pages go (results/pages)
  --help         this

A page holds what the notebook keeps, Plotly (5 MB) and MathJax (2 MB), so that figures, sliders and
equations work by themselves: it loads nothing from elsewhere. Nothing is run.`;

/**
 * Writes each notebook as `<name>.html` into a folder, which is made if there is none; returns the exit
 * code of nbconvert.
 */
export async function writePages(
  notebooks: readonly string[],
  { folder, project = PROJECT, onLine }: {
    readonly folder: string;
    readonly project?: Project;
    readonly onLine?: (line: string) => void;
  },
): Promise<number> {
  await Deno.mkdir(folder, { recursive: true });
  const result = await runCommand(
    [
      ...tiedPython(project.python, "nbconvert", "--to", "html", "--output-dir", folder),
      ...pageOptions(project),
      ...notebooks,
    ],
    { cwd: project.root, env: projectEnvironment(project), ...(onLine ? { onLine } : {}) },
  );
  if (result.code !== 0) return result.code;
  for (const notebook of notebooks) {
    const page = pageOf(notebook, folder), from = dirname(resolve(project.root, notebook));
    const html = await Deno.readTextFile(page);
    const linked = withPageLinks(html, { from, to: resolve(folder) });
    await writeWhole(page, new TextEncoder().encode(linked));
  }
  return 0;
}

/** The page's path. */
const pageOf = (notebook: string, folder: string) =>
  join(folder, `${basename(notebook, ".ipynb")}.html`);

if (import.meta.main) {
  const parse = async (args: readonly string[]) => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { folder: { type: "string" }, help: { type: "boolean", default: false } },
    });
    if (values.help) return "help" as const;
    const folder = resolve(values.folder ?? join(PROJECT.root, "results", "pages"));
    return { notebooks: await findNotebooks(positionals), folder };
  };
  Deno.exit(
    await inTask({ args: Deno.args, usage: USAGE, parse }, async (options, { say }) => {
      const lines: string[] = [];
      const code = await writePages(options.notebooks, {
        folder: options.folder,
        onLine: (line) => lines.push(line),
      });
      if (code !== 0) say(lines.join("\n"));
      else {
        for (const notebook of options.notebooks) {
          say(pageOf(notebook, options.folder));
        }
      }
      return code;
    }),
  );
}
