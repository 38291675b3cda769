/**
 * Where the published scores of DeepSafe's benchmark are: in the reader's own installation of the package
 * `deepsafe-bench`, whose licence is for non-commercial use. Nothing of it is part of this project.
 */
import { join } from "node:path";
import { PROJECT_ENVIRONMENT, sitePackages } from "lib/io/site_packages.ts";

/** The file below the folder in which Python packages are. */
const FILE = join("deepsafe", "assets", "predictions_medium.csv.gz");

/** The variable that names the file, or a folder that the package was installed into. */
const VARIABLE = "FORGERY_CLUES_DEEPSAFE";

/** How a reader gets it, in a line. */
const HOW_TO_GET =
  `pip install --no-deps --target deepsafe deepsafe-bench==1.0.0, and ${VARIABLE}=deepsafe`;

/**
 * The file of published scores; undefined where it is not installed.
 *
 * @param options `named`: what the variable says; default: its value. `environment`: the Python environment
 * that is looked into where it says nothing; default: the project's.
 * @throws RangeError where the variable names something without the file.
 */
export async function publishedScoresFile(
  { named = Deno.env.get(VARIABLE), environment = PROJECT_ENVIRONMENT }: {
    named?: string | undefined;
    environment?: string;
  } = {},
): Promise<string | undefined> {
  const isFile = (path: string) => Deno.stat(path).then((found) => found.isFile, () => false);
  const folders = [named, named && sitePackages(named), sitePackages(environment)];
  const places = folders.flatMap((folder) => folder ? [join(folder, FILE)] : []);
  for (const path of [...named ? [named] : [], ...places]) if (await isFile(path)) return path;
  if (!named) return undefined;
  throw new RangeError(
    `${VARIABLE} is ${JSON.stringify(named)}, where no ${FILE} is. Get it: ${HOW_TO_GET}.`,
  );
}
