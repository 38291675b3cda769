import assert from "node:assert/strict";
import { join } from "node:path";
import { doctorDataSet } from "lib/tasks/doctor/doctor_data_set.ts";
import { parseDoctorOptions } from "lib/tasks/doctor/doctor_options.ts";
import { writeImage } from "lib/media/write_image.ts";
import { inFolder } from "../../in_folder.ts";
import { makeFaceForensics, writeFiles } from "../../data/readers/made_data_sets.ts";

/** Runs the command in a made project; gives its exit code and what it said. */
async function doctor(
  project: string,
  args: string[],
  signal?: AbortSignal,
): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const to = { say: (line: string) => void lines.push(line), passing: () => {} };
  const question = parseDoctorOptions([...args, "--report", join(project, "reports")]);
  assert.ok(typeof question !== "string");
  const code = await doctorDataSet(question, { project, to, ...(signal ? { signal } : {}) });
  return { code, said: lines.join("\n") };
}

async function ownPictures(root: string): Promise<void> {
  for (const [seed, path] of ["real/a.png", "fake/b.png"].entries()) {
    await Deno.mkdir(join(root, path, ".."), { recursive: true });
    const data = new Uint8Array(16 * 16 * 3).map((_, i) => (i * (seed + 3)) % 251);
    await writeImage(join(root, path), { data, width: 16, height: 16 });
  }
}

Deno.test("doctor of a whole data set: exit code 0, counts, the labels' meaning, two reports", async () => {
  await inFolder(async (project) => {
    const root = join(project, "my pictures");
    await ownPictures(root);
    const { code, said } = await doctor(project, [root]);
    assert.equal(code, 0, said);
    assert.match(said, /label 0 = real, 1 = fake; score = probability of fake/);
    assert.match(said, /label 0 \(real\), real, test: 1 video, /);
    assert.match(
      said,
      /my pictures: nothing is wrong\. Reports: .*my_pictures-[0-9a-f]{8}\.html and .*\.csv\n/,
    );
    assert.match(
      said,
      /all 2 are for test.*Next: deno task prepare .*--validation 0\.1 --test 0\.2 --out faces$/,
    );
    const reports = join(project, "reports");
    const [csv, page] = [...Deno.readDirSync(reports)].map(({ name }) => join(reports, name))
      .sort();
    assert.match(await Deno.readTextFile(page!), /nothing is wrong/);
    assert.match(
      await Deno.readTextFile(csv!),
      /^severity,kind,path,message\nnote,noTraining,,"?Nothing can be trained on it.*\n$/,
    );
    // Another set of that name has reports of its own; to train on it is said on the command line too.
    const other = join(project, "elsewhere", "my pictures");
    await ownPictures(other);
    await doctor(project, [other, "--validation", "0", "--test", "0"]);
    assert.equal([...Deno.readDirSync(reports)].length, 4);
  });
});

Deno.test("doctor of a described benchmark says what is missing and how to get it: exit code 1", async () => {
  await inFolder(async (project) => {
    await writeFiles(project, {
      "data/ff.yaml": "name: FF++ c23\nreader: faceforensics\nroot: ff\n",
    });
    await makeFaceForensics(join(project, "data/ff"));
    await Deno.remove(join(project, "data/ff/manipulated_sequences/FaceSwap"), { recursive: true });
    const { code, said } = await doctor(project, ["ff", "--depth", "nothing"]);
    assert.equal(code, 1);
    assert.match(said, /MISSING real, train: 4 of 720 stated by FaceForensics repository/);
    assert.match(
      said,
      /Listed, but not there: 1 problem\n.*FaceSwap\/c23\/videos": there is no such folder of 8 videos.*-d FaceSwap -c c23/,
    );
    assert.match(said, /\n {2}…/);
    const names = [...Deno.readDirSync(join(project, "reports"))].map(({ name }) => name);
    assert.ok(names.some((name) => /^FF\+\+_c23-[0-9a-f]{8}\.html$/.test(name)));
    assert.match(
      said,
      /\nNext: mend or remove what the problems name \(all of them: .*\.csv\), .*$/,
    );
  });
});

Deno.test("doctor that cannot begin says why and ends with 2, before it has looked at anything", async () => {
  await inFolder(async (project) => {
    await Deno.mkdir(join(project, "data"));
    const root = join(project, "own");
    await ownPictures(root);
    const absent = await doctor(project, ["absent"]);
    assert.equal(absent.code, 2);
    assert.match(absent.said, /There is no data set "absent"/);
    await Deno.writeTextFile(join(project, "reports"), "");
    const unwritable = await doctor(project, [root]);
    assert.equal(unwritable.code, 2);
    assert.match(unwritable.said, /Cannot write .*reports.*folder may be written to/);
    assert.equal(await Deno.readTextFile(join(project, "reports")), "");
  });
});

Deno.test("doctor of a list that cannot be read reports it with the remedy, and ends with what to do: 1", async () => {
  await inFolder(async (project) => {
    await writeFiles(project, { "semi.csv": "path;label\na.jpg;0\n" });
    const { code, said } = await doctor(project, [join(project, "semi.csv")]);
    assert.equal(code, 1);
    assert.match(
      said,
      /separated by semicolons.*Save it with commas[\s\S]*\nNext: mend or remove .*$/,
    );
  });
});

Deno.test("parseDoctorOptions says what is wrong, and what there is where nothing is named", () => {
  const cases: [string[], RegExp][] = [
    [["--depth", "all"], /Name one data set, not 0/],
    [["a", "b"], /Name one data set, not 2/],
    [["a", "--depth", "deep"], /--depth is nothing, first or all, not "deep"/],
    [["a", "--faces", "-1"], /--faces/],
    [["a", "--faces=many"], /--faces is a whole number from 0, not "many"/],
    [["a", "--fast"], /--fast/],
  ];
  for (const [args, message] of cases) assert.throws(() => parseDoctorOptions(args), message);
  assert.equal(parseDoctorOptions([]), "installation");
  assert.equal(parseDoctorOptions(["--help"]), "help");
});

Deno.test("doctor that is interrupted throws the signal's reason and leaves no report", async () => {
  await inFolder(async (project) => {
    await ownPictures(join(project, "own"));
    const signal = AbortSignal.abort();
    await assert.rejects(
      doctor(project, [join(project, "own")], signal),
      (error) => error === signal.reason,
    );
    assert.deepEqual([...Deno.readDirSync(join(project, "reports"))], []);
  });
});
