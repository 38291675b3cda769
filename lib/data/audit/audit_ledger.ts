/**
 * Everything an audit notes down, on disk: memory stays the same for a hundred entries and for millions,
 * and questions across all of them (duplicates, shared identities) are asked in SQL.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { join } from "node:path";
import type { VideoEntry } from "../data_set_entries.ts";
import type { Finding, FindingKind, Severity } from "./audit_finding.ts";

/** An entry as noted down. */
export interface NotedEntry {
  /** In the order of the reader, from 1. */
  readonly id: number;
  /** As in the reader's entry. */
  readonly kind: VideoEntry["kind"];
  /** File, or for frames the folder, below the data set's root. */
  readonly path: string;
  /** Mask below the root, or null. */
  readonly mask: string | null;
  /** How many pictures a folder of frames should hold, or null. */
  readonly frames: number | null;
}

/** Entries of one label, method and split. */
export interface CountRow {
  /** 0 real, 1 fake. */
  readonly label: 0 | 1;
  /** As in the entries. */
  readonly method: string;
  /** As in the entries. */
  readonly split: string;
  /** Different videos. */
  readonly videos: number;
  /** Files or folders of frames. */
  readonly entries: number;
  /** Bytes of those that could be looked at. */
  readonly bytes: number;
}

/** Findings of one kind. */
export interface FindingCount {
  /** How much they matter. */
  readonly severity: Severity;
  /** What they are. */
  readonly kind: FindingKind;
  /** How many. */
  readonly findings: number;
}

const TABLES = `
  PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;
  PRAGMA cache_size = -8000;
  CREATE TABLE entry (id INTEGER PRIMARY KEY, kind TEXT, video TEXT, path TEXT, label INTEGER,
    method TEXT, split TEXT, mask TEXT, frames INTEGER);
  CREATE TABLE identity (entry INTEGER, identity TEXT);
  CREATE TABLE size (entry INTEGER PRIMARY KEY, bytes INTEGER);
  CREATE TABLE candidate (id INTEGER PRIMARY KEY);
  CREATE TABLE content (entry INTEGER PRIMARY KEY, hash TEXT);
  CREATE TABLE finding (id INTEGER PRIMARY KEY, severity TEXT, kind TEXT, path TEXT, message TEXT);
  BEGIN;`;

/** Rows read at a time. */
const PAGE = 500;

/** A ledger in a temporary folder, which is gone when it is disposed of. */
export class Ledger implements Disposable {
  #folder: string;
  #database: DatabaseSync;
  #statements = new Map<string, StatementSync>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.#database = new DatabaseSync(join(folder, "ledger.sqlite"));
    this.#database.exec(TABLES);
  }

  /** An empty ledger. */
  static async open(): Promise<Ledger> {
    return new Ledger(await Deno.makeTempDir({ prefix: "forgery_clues_doctor_" }));
  }

  /** Note down an entry. */
  addEntry(entry: VideoEntry): void {
    const path = entry.kind === "still" ? entry.path : entry.video;
    const frames = entry.kind === "frames" ? entry.frames ?? null : null;
    const { lastInsertRowid } = this.#prepare(
      "INSERT INTO entry (kind, video, path, label, method, split, mask, frames) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    ).run(
      entry.kind,
      entry.video,
      path,
      entry.label,
      entry.method,
      entry.split,
      entry.mask ?? null,
      frames,
    );
    for (const identity of entry.identities) {
      this.#prepare("INSERT INTO identity VALUES (?, ?)").run(lastInsertRowid, identity);
    }
  }

  /** Note down how large an entry's file or folder is, in bytes. */
  addSize(id: number, bytes: number): void {
    this.#prepare("INSERT OR REPLACE INTO size VALUES (?, ?)").run(id, bytes);
  }

  /** Note down a digest of an entry's contents. */
  addContent(id: number, hash: string): void {
    this.#prepare("INSERT OR REPLACE INTO content VALUES (?, ?)").run(id, hash);
  }

  /** Note down a finding. */
  addFinding({ severity, kind, path, message }: Finding): void {
    this.#prepare("INSERT INTO finding (severity, kind, path, message) VALUES (?, ?, ?, ?)")
      .run(severity, kind, path, message);
  }

  /** How many entries there are. */
  get entries(): number {
    return this.#prepare("SELECT count(*) AS n FROM entry").get()!.n as number;
  }

  /** All entries in order. */
  *allEntries(): Generator<NotedEntry> {
    yield* this.#pages<NotedEntry>("SELECT id, kind, path, mask, frames FROM entry");
  }

  /** Entries that are as large as another one, in order: only these can be duplicates. */
  *entriesOfSharedSize(): Generator<NotedEntry> {
    this.#database.exec(
      "DELETE FROM candidate; INSERT INTO candidate SELECT entry FROM size WHERE bytes IN " +
        "(SELECT bytes FROM size WHERE bytes > 0 GROUP BY bytes HAVING count(*) > 1)",
    );
    yield* this.#pages<NotedEntry>(
      "SELECT id, kind, path, mask, frames FROM entry JOIN candidate USING (id)",
    );
  }

  /** Findings of a kind, or of all, in the order in which they were noted down. */
  *findings(kind?: FindingKind): Generator<Finding> {
    const where = kind === undefined ? "" : ` WHERE kind = '${kind}'`;
    yield* this.#pages<Finding & { id: number }>(
      `SELECT id, severity, kind, path, message FROM finding${where}`,
    );
  }

  /** How many findings there are of each kind and severity. */
  findingCounts(): FindingCount[] {
    const rows = this.#prepare(
      "SELECT severity, kind, count(*) AS findings FROM finding GROUP BY kind, severity",
    ).all() as unknown as FindingCount[];
    return rows.map((row) => ({ ...row }));
  }

  /** What is there, by label, method and split. */
  counts(): CountRow[] {
    const rows = this.#prepare(
      "SELECT label, method, split, count(DISTINCT video) AS videos, count(*) AS entries, " +
        "coalesce(sum(bytes), 0) AS bytes FROM entry LEFT JOIN size ON entry = id " +
        "GROUP BY label, method, split ORDER BY label, method, " +
        "CASE split WHEN 'train' THEN 0 WHEN 'validation' THEN 1 ELSE 2 END",
    ).all() as unknown as CountRow[];
    return rows.map((row) => ({ ...row }));
  }

  /**
   * Ask a question across all entries and note each answer down as a finding.
   *
   * @param question SQL that selects path and message for each.
   */
  findBySql(severity: Severity, kind: FindingKind, question: string): void {
    this.#database.exec(
      "INSERT INTO finding (severity, kind, path, message) " +
        `SELECT '${severity}', '${kind}', path, message FROM (${question})`,
    );
  }

  /** Remove the ledger. */
  [Symbol.dispose](): void {
    this.#database.close();
    Deno.removeSync(this.#folder, { recursive: true });
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Page by page, so that writing between rows disturbs nothing. */
  *#pages<Row extends { readonly id: number }>(select: string): Generator<Row> {
    const joined = select.includes(" WHERE ") ? "AND" : "WHERE";
    const statement = this.#prepare(`${select} ${joined} id > ? ORDER BY id LIMIT ${PAGE}`);
    for (let after = 0;;) {
      const rows = statement.all(after) as unknown as Row[];
      for (const row of rows) yield { ...row }; // SQLite's rows have no prototype
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.id;
    }
  }
}
