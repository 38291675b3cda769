/** The frame of every page that a command writes: one style, no scripts, and nothing from elsewhere. */
import { html, Markup } from "./markup.ts";
import { REPORT_STYLE } from "./report_style.ts";

/**
 * A whole HTML document. Its policy lets a browser load pictures beside the page, and nothing else.
 *
 * @param title Plain text; it is escaped.
 * @param body What stands in it, made by `html`.
 *
 * @example
 * ```ts
 * import { html } from "lib/tasks/predict/markup.ts";
 * import { reportDocument } from "lib/tasks/predict/report_document.ts";
 * import assert from "node:assert/strict";
 *
 * const page = reportDocument("a < b", html`<p>${"1 & 2"}</p>`);
 * assert.match(page, /^<!doctype html>/);
 * assert.match(page, /<title>a &lt; b<\/title>[^]*<p>1 &amp; 2<\/p>/);
 * ```
 */
export function reportDocument(title: string, body: Markup): string {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
        <title>${title}</title>
        <style>${new Markup(REPORT_STYLE)}</style>
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html>
  `.text.trimStart();
}
