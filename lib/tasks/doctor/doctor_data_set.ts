/**
 * `deno task doctor <data set>`: what of a data set is there, what is broken and how to get the rest,
 * printed and as two reports. The looking is done by lib/data/audit.
 */
import { basename, join } from "node:path";
import { type Audit, auditDataSet, classCounts, countName } from "lib/data/audit/audit_data_set.ts";
import { FINDING_KINDS, type FindingKind } from "lib/data/audit/audit_finding.ts";
import { Ledger } from "lib/data/audit/audit_ledger.ts";
import { balanceOf, formatBytes, writeFindings, writePage } from "lib/data/audit/audit_report.ts";
import { changeDescription } from "lib/data/change_description.ts";
import { findDescription } from "lib/data/find_description.ts";
import { LABEL_LEGEND } from "lib/data/manifest.ts";
import type { Facts } from "lib/data/readers/data_set_reader.ts";
import { type DataSet, openDataSet } from "lib/data/readers/open_data_set.ts";
import { trainingFault } from "lib/data/training_use.ts";
import { formatDuration } from "lib/io/progress.ts";
import { sha256 } from "lib/io/sha256.ts";
import { WholeFile } from "lib/io/write_whole.ts";
import { type Report, terminalReport } from "../setup/setup_report.ts";
import { afterManifest, shellWord } from "../next_step.ts";
import type { DataSetQuestion } from "./doctor_options.ts";

/** Findings of one kind that are printed; the reports hold more. */
const PRINTED = 5;

const plural = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;

/** Time left as a passing line: from the share of a phase that is done. */
function progress(report: Report) {
  let phase = "", begin = 0;
  return (now: string, done: number, total?: number) => {
    if (now !== phase) [phase, begin] = [now, performance.now()];
    const seconds = (performance.now() - begin) / 1000;
    const left = total === undefined
      ? ""
      : ` of ${total}, ${formatDuration(seconds / done * (total - done))} left`;
    report.passing(`${phase}: ${done}${left}`);
  };
}

function sayCounts(
  report: Report,
  { audit, ledger, facts }: { audit: Audit; ledger: Ledger; facts: Facts },
): void {
  for (const { label, method, split, videos, entries, bytes } of ledger.counts()) {
    const files = entries === videos ? "" : `, ${plural(entries, "file")}`;
    report.say(
      `  label ${label} (${label === 0 ? "real" : "fake"}), ${method}, ${split}: ` +
        `${plural(videos, "video")}${files}, ${formatBytes(bytes)}`,
    );
  }
  const balance = balanceOf(ledger.counts(), facts.officialRealRepeats);
  if (balance !== undefined) report.say(`  ${balance}`);
  for (const comparison of audit.comparisons) {
    const { found, videos, source } = comparison;
    const verdict = found === videos ? "ok     " : found < videos ? "MISSING" : "SURPLUS";
    report.say(`  ${verdict} ${countName(comparison)}: ${found} of ${videos} stated by ${source}`);
  }
  const { looked, found } = audit.faces;
  if (looked > 0) report.say(`  faces found in ${found} of ${looked} entries`);
}

function sayFindings(report: Report, ledger: Ledger): void {
  const counts = ledger.findingCounts();
  for (const kind of Object.keys(FINDING_KINDS) as FindingKind[]) {
    const rows = counts.filter((row) => row.kind === kind);
    if (rows.length === 0) continue;
    report.say(
      `${FINDING_KINDS[kind]}: ${rows.map((r) => plural(r.findings, r.severity)).join(", ")}`,
    );
    let printed = 0;
    for (const { path, message } of ledger.findings(kind)) {
      if (printed++ === PRINTED) break;
      report.say(`  ${path === "" ? "" : `${JSON.stringify(path)}: `}${message}`);
    }
    if (printed > PRINTED) report.say("  …");
  }
}

/**
 * What a data set's reports are called: by its name, and by its place in short, so that two sets of one name
 * have reports of their own.
 */
function reportName({ name, description: { root } }: DataSet): string {
  return `${name.replaceAll(/[^\p{L}\p{N}.+_-]+/gu, "_").slice(0, 80)}-${sha256(root).slice(0, 8)}`;
}

/** Which command follows. */
function nextLine(
  { description: { reader, root } }: DataSet,
  { question, ledger, problems, reports }: {
    question: DataSetQuestion;
    ledger: Ledger;
    problems: number;
    reports: string;
  },
): string {
  const counts = classCounts(ledger);
  if (problems > 0) {
    return `Next: mend or remove what the problems name (all of them: ${
      shellWord(reports)
    }), and run ` +
      "the same command again.";
  }
  if (reader === "csv" && basename(root) === "manifest.csv") {
    return afterManifest(root, { counts, description: { reader } });
  }
  const fault = trainingFault(counts, { reader });
  const own = reader === "folders" || reader === "csv";
  const given = Object.entries(question.changes ?? {}).map(([key, value]) => ` --${key} ${value}`);
  const shares = fault !== undefined && own && given.length === 0
    ? " --validation 0.1 --test 0.2"
    : "";
  return `${fault === undefined ? "" : `${fault} `}Next: deno task prepare ` +
    `${shellWord(question.dataSet)}${given.join("")}${shares} --out faces`;
}

async function report(
  dataSet: DataSet,
  question: DataSetQuestion,
  { to, signal }: { to: Report; signal: AbortSignal },
): Promise<number> {
  const { depth, faces, report: folder } = question;
  const name = reportName(dataSet);
  const [page, csv] = [join(folder, `${name}.html`), join(folder, `${name}.csv`)];
  // A folder that cannot be written to shows now, not after an hour.
  for (const path of [page, csv]) await (await WholeFile.open(path))[Symbol.asyncDispose]();
  to.say(`${dataSet.name} in ${dataSet.root}`);
  to.say(`  ${LABEL_LEGEND}`);
  using ledger = await Ledger.open();
  const onProgress = progress(to);
  const audit = await auditDataSet(dataSet, ledger, { depth, faces, onProgress, signal });
  sayCounts(to, { audit, ledger, facts: dataSet.facts });
  sayFindings(to, ledger);
  const count = (severity: string) =>
    ledger.findingCounts().filter((row) => row.severity === severity)
      .reduce((sum, { findings }) => sum + findings, 0);
  const problems = count("problem"), warnings = count("warning");
  const verdict = problems + warnings === 0
    ? "nothing is wrong"
    : `${plural(problems, "problem")}, ${plural(warnings, "warning")}`;
  await writeFindings(csv, ledger);
  await writePage(page, { dataSet, audit, ledger, verdict });
  to.say(`${dataSet.name}: ${verdict}. Reports: ${page} and ${csv}`);
  to.say(nextLine(dataSet, { question, ledger, problems, reports: csv }));
  return problems === 0 ? 0 : 1;
}

/**
 * Look at a data set.
 *
 * @param question What the command line says.
 * @param options `project` is the project's folder.
 * @returns The exit code: 0 nothing is wrong, 1 there are problems, 2 it could not be looked at.
 * @throws TypeError for a fault of the program itself; the signal's reason when it aborts.
 */
export async function doctorDataSet(
  question: DataSetQuestion,
  { project, to = terminalReport(), signal = new AbortController().signal }: {
    project: string;
    to?: Report;
    signal?: AbortSignal;
  },
): Promise<number> {
  try {
    const found = await findDescription(question.dataSet, join(project, "data"));
    const dataSet = await openDataSet(changeDescription(found, question.changes ?? {}));
    return await report(dataSet, question, { to, signal });
  } catch (error) {
    if (error === signal.reason || error instanceof TypeError) throw error; // the last: a fault of ours
    to.say((error as Error).message);
    return 2;
  }
}
