/** Where a notebook's links lead once it is a page in another folder. */
import { join, relative } from "node:path";

/** Where a notebook and its page are. */
export interface PageFolders {
  /** The notebook's folder. */
  readonly from: string;
  /** The page's folder. */
  readonly to: string;
}

/**
 * The page with links to other notebooks made links to their pages, which lie beside it, and links to other
 * files of the project, which begin with `../`, as they are seen from the page's folder.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { withPageLinks } from "lib/tasks/page_links.ts";
 *
 * const html = '<a href="01_a.ipynb#Why">a</a> <a href="../data/README.md">b</a>';
 * assert.equal(
 *   withPageLinks(html, { from: "/kit/notebooks", to: "/kit/results/pages" }),
 *   '<a href="01_a.html#Why">a</a> <a href="../../data/README.md">b</a>',
 * );
 * ```
 */
export function withPageLinks(html: string, { from, to }: PageFolders): string {
  return html
    .replaceAll(/( href="[^":/]+)\.ipynb(?=["#])/g, "$1.html")
    .replaceAll(
      / href="(\.\.\/[^"]+)"/g,
      (_, link: string) => ` href="${relative(to, join(from, link)).replaceAll("\\", "/")}"`,
    );
}
