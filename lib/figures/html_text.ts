/** Text that HTML shows as it is. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The text with HTML's own characters written as entities. */
export const htmlText = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter]!);
