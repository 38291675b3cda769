/** How nbconvert makes pages of notebooks: for `deno task pages`, and for Lab's own export. */
import { join } from "node:path";
import { sitePackages } from "lib/io/site_packages.ts";
import type { Project } from "./setup/project.ts";

/**
 * Options of nbconvert, and of a server that exports by it, for pages whose figures live. Without an
 * environment there are none.
 */
export function pageOptions(project: Project): string[] {
  const packages = sitePackages(project.venv);
  if (packages === undefined) return [];
  return [
    "--HTMLExporter.template_name=notebook_page",
    `--TemplateExporter.extra_template_basedirs=${join(project.root, "lib", "tasks")}`,
    // Where the template finds plotly.min.js, which Lab's renderer of figures brings along, and MathJax.
    `--TemplateExporter.extra_template_paths=${join(packages, "plotly", "package_data")}`,
    `--TemplateExporter.extra_template_paths=${
      join(project.root, "node_modules", "mathjax", "es5")
    }`,
  ];
}
