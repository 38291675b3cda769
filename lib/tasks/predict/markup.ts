/** HTML in which everything that is put in is escaped, unless it is HTML made here. */

/** A piece of HTML. */
export class Markup {
  /** The HTML. */
  readonly text: string;

  /** Takes text as HTML: only what `html` has made. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in a piece of HTML; a list is put in one after another. */
export type Content = string | number | Markup | undefined | readonly Content[];

const SIGNS: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function textOf(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "object") return content.map(textOf).join("");
  return String(content).replace(/[&<>"']/g, (sign) => SIGNS[sign]);
}

/**
 * A template of HTML; what is put in is escaped.
 *
 * @example
 * ```ts
 * import { html } from "lib/tasks/predict/markup.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(html`<b>${"<i>"}</b>`.text, "<b>&lt;i&gt;</b>");
 * ```
 */
export function html(parts: TemplateStringsArray, ...contents: Content[]): Markup {
  return new Markup(parts.reduce((text, part, i) => text + textOf(contents[i - 1]) + part));
}
