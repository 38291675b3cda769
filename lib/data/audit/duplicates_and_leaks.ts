/**
 * Questions across all entries of a ledger: what is there twice, and what is in several splits.
 */
import type { Ledger } from "./audit_ledger.ts";

/** Note down entries with the same contents: a problem where label or split differs, else a warning. */
export function findDuplicates(ledger: Ledger): void {
  const question = (where: string, message: string) =>
    `SELECT min(path) AS path, ${message} AS message FROM entry JOIN content ON entry = id ` +
    `GROUP BY hash HAVING count(*) > 1 AND ${where} ORDER BY min(id)`;
  const apart = "count(DISTINCT label) + count(DISTINCT split) > 2";
  const others =
    "'has the contents of ' || max(path) || ' (' || count(*) || ' in all, label ' || " +
    "group_concat(DISTINCT label) || ', ' || group_concat(DISTINCT split) || ')'";
  ledger.findBySql("problem", "duplicate", question(apart, `${others} || '. Keep one of them.'`));
  ledger.findBySql("warning", "duplicate", question(`NOT (${apart})`, `${others} || '.'`));
}

/**
 * Note down videos and identities in several splits.
 *
 * @param why Why the publisher's own lists put an identity into test and elsewhere: then it is a note.
 * @param heldOut Whether the kit made validation, by target: a donor may be on both sides of it.
 */
export function findShared(
  ledger: Ledger,
  { why, heldOut }: { why: string | undefined; heldOut: boolean },
): void {
  ledger.findBySql(
    "problem",
    "sharedVideo",
    "SELECT video AS path, 'is in ' || group_concat(DISTINCT split) || '. Keep it in one split.' " +
      "AS message FROM entry GROUP BY video HAVING count(DISTINCT split) > 1 ORDER BY min(id)",
  );
  const question = (where: string, message: string) =>
    "SELECT identity AS path, 'is in ' || group_concat(DISTINCT split) || ' (' || " +
    `count(DISTINCT video) || ' videos). ' || '${message.replaceAll("'", "''")}' AS message ` +
    "FROM identity JOIN entry ON entry.id = identity.entry GROUP BY identity " +
    `HAVING count(DISTINCT split) > 1 AND ${where} ORDER BY min(id)`;
  const tested = "max(split = 'test') = 1";
  ledger.findBySql(
    why === undefined ? "problem" : "note",
    "sharedIdentity",
    question(tested, why ?? "Results on such a test tell nothing about strangers."),
  );
  ledger.findBySql(
    heldOut ? "note" : "problem",
    "sharedIdentity",
    question(
      `NOT ${tested}`,
      heldOut
        ? "Validation was held out by target; this one is also a donor on the other side."
        : "Choices made on such a validation are too hopeful.",
    ),
  );
}
