// deno-lint-ignore-file no-console -- a program: it prints its answer
/**
 * On demand, on any machine: whether TensorFlow's wheels for each platform have the library where the engine
 * looks for it, with every function of the C API that the engine calls.
 *
 *     deno run -A tests/platforms/check_wheels.ts [folder for the wheels, 1.2 GB; default: a temporary one]
 *
 * Wheels and the reader of libraries come from PyPI by pip. Nothing is installed into the project and nothing of
 * the wheels is run, so it says that a machine can be served and not that it is.
 */
import { join } from "node:path";
import { C_SYMBOLS, TENSORFLOW_SYMBOLS } from "lib/engine/c_api_symbols.ts";
import { LIBRARY_IN_WHEEL } from "lib/engine/find_library.ts";
import { findPython } from "lib/tasks/setup/find_python.ts";
import {
  type Machine,
  TENSORFLOW_VERSION,
  tensorflowPackage,
} from "lib/tasks/setup/library_wheels.ts";

/** The reader of libraries. */
const LIEF = "lief==1.0.0";
/** The Python that the wheels are for; the library in them is the same for all. */
const PYTHON = "3.12";

/** The machines, with the names that pip has for them. */
const MACHINES: readonly (Machine & { readonly platform: string })[] = [
  { os: "linux", arch: "x86_64", platform: "manylinux_2_27_x86_64" },
  { os: "linux", arch: "aarch64", platform: "manylinux_2_27_aarch64" },
  { os: "darwin", arch: "aarch64", platform: "macosx_12_0_arm64" },
  { os: "windows", arch: "x86_64", platform: "win_amd64" },
];

async function run(command: readonly string[], input = ""): Promise<string> {
  const [program, ...args] = command;
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout } = await child.output();
  if (code !== 0) throw new Error(`${command.slice(0, 4).join(" ")} … ended with ${code}.`);
  return new TextDecoder().decode(stdout);
}

/** The functions as libraries name them. Those that the engine can do without may be missing. */
function functions(symbols: Record<string, object>): { name: string; needed: boolean }[] {
  return Object.entries(symbols).map(([key, symbol]) => ({
    name: "name" in symbol ? String(symbol.name) : key,
    needed: !("optional" in symbol),
  }));
}

const folder = Deno.args[0] ?? await Deno.makeTempDir({ prefix: "wheels-" });
const { command } = await findPython(undefined);
const venv = join(folder, "reader"), windows = Deno.build.os === "windows";
await run([...command, "-m", "venv", venv]);
const python = join(venv, windows ? "Scripts" : "bin", windows ? "python.exe" : "python");
await run([python, "-m", "pip", "install", "--quiet", LIEF]);
const called = functions(TENSORFLOW_SYMBOLS), names = [...new Set(called.map(({ name }) => name))];
let lacking = 0;
for (const machine of MACHINES) {
  const { os, arch, platform } = machine, wheels = join(folder, `${os}-${arch}`);
  const of = ["--platform", platform, "--python-version", PYTHON, "--only-binary=:all:"];
  const asked = `${tensorflowPackage(machine)}==${TENSORFLOW_VERSION}`;
  await run([python, "-m", "pip", "download", "--quiet", "--no-deps", ...of, asked, "-d", wheels]);
  const [wheel] = Array.from(Deno.readDirSync(wheels), ({ name }) => join(wheels, name));
  const reader = join(import.meta.dirname!, "exported_names.py"), library = LIBRARY_IN_WHEEL[os]!;
  const said = await run([python, reader, wheel, library], JSON.stringify(names));
  const { missing, needs } = JSON.parse(said) as Record<"missing" | "needs", string[]>;
  const without = called.filter(({ name, needed }) => needed && missing.includes(name));
  const optional = missing.filter((name) => !without.some((one) => one.name === name));
  lacking += without.length;
  console.log(
    `${os} ${arch}: ${asked}, ${library}: ${
      names.length - missing.length
    } of ${names.length} functions` +
      (without.length > 0 ? `; LACKS ${without.map(({ name }) => name).join(", ")}` : "") +
      (optional.length > 0 ? `; without ${optional.join(", ")}, which it can do without` : "") +
      `; loads ${needs.join(", ")}`,
  );
}
const ofC = functions(C_SYMBOLS).filter(({ needed }) => needed).map(({ name }) => name);
console.log(`Of the system's C library it needs ${[...new Set(ofC)].join(", ")}.`);
if (lacking > 0) Deno.exit(1);
