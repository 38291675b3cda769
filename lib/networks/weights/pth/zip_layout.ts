/**
 * How `torch.save` lays out a file since version 1.6: a zip file with one folder, in it `data.pkl`, the
 * pickle, and `data/<key>`, a file for each storage.
 */
import { elementBytes } from "../safetensors.ts";
import { torchRules } from "./torch_names.ts";
import { parsePickle } from "./pickle.ts";
import { PICKLE_LIMIT } from "./pickle_reader.ts";
import { type PthSource, quoted } from "./pth_bytes.ts";
import type { PthContent } from "./pth_tensors.ts";
import { readZipDirectory, readZipEntry, type ZipEntry } from "./zip_directory.ts";

/**
 * Reads the pickle of such a file.
 *
 * @throws TypeError when the file is no zip file of PyTorch's; the message says what is wrong.
 */
export async function readZipLayout(source: PthSource): Promise<PthContent> {
  const { refuse } = source;
  const entries = await readZipDirectory(source);
  const pickles = [...entries.values()].filter(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    refuse(`${pickles.length} of its ${entries.size} zip entries are <folder>/data.pkl, not one`);
  }
  const [pickle] = pickles;
  const folder = pickle.name.split("/")[0];
  if (entries.has(`${folder}/constants.pkl`)) {
    refuse("it is a TorchScript program", "In PyTorch, save the state_dict() of what it loads.");
  }
  await checkByteOrder(entries.get(`${folder}/byteorder`), source);
  if (pickle.size > PICKLE_LIMIT) {
    refuse(`its pickle takes ${pickle.size} bytes`, "Save only the model's state dict.");
  }
  const { rules } = torchRules(refuse);
  const bytes = await readZipEntry(source, pickle);
  const { value: root, end } = parsePickle(bytes, { rules });
  if (end !== bytes.length) refuse(`its pickle ends at byte ${end} of ${bytes.length}`);

  const readStorage: PthContent["readStorage"] = ({ key, type, count }) => {
    const entry = entries.get(`${folder}/data/${key}`);
    if (!entry) return refuse(`storage ${quoted(key)} is not in it`);
    const due = count * elementBytes(type);
    if (entry.size !== due) {
      refuse(`storage ${quoted(key)} should take ${due} bytes, ${entry.size} are there`);
    }
    return readZipEntry(source, entry);
  };
  return { root, readStorage };
}

/** Files without the marker were written before there was one, on machines that are little-endian. */
async function checkByteOrder(marker: ZipEntry | undefined, source: PthSource): Promise<void> {
  if (!marker) return;
  if (marker.size > 100) source.refuse(`its byte order takes ${marker.size} bytes to say`);
  const order = new TextDecoder().decode(await readZipEntry(source, marker));
  if (order === "big") {
    source.refuse("its numbers are big-endian", "Load and save it on a little-endian machine.");
  }
  if (order !== "little") source.refuse(`its byte order is ${quoted(order)}`);
}
