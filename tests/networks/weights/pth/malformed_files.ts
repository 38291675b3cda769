/** Files that are damaged or lie, and what must be said of each. */
import {
  bytes,
  dictionary,
  FOUR,
  int,
  legacyFile,
  legacyNumbers,
  legacyStorage,
  name,
  pickle,
  storage,
  tensor,
  text,
  tuple,
  zip,
  type ZipPart,
  zipParts,
} from "./written_files.ts";

const GOOD = dictionary({ w: tensor() });

/** A zip file whose pickle is `body`. */
const saved = (body: string) => zip(zipParts(body));

/** A zip file that holds one tensor, made of these. */
const view = (parts: Parameters<typeof tensor>[0]) => saved(dictionary({ w: tensor(parts) }));

/** A zip file of which the storage's entry is another. */
const entry = (part: Partial<ZipPart>) =>
  zip(zipParts(GOOD).map((p) => p.name.endsWith("/0") ? { ...p, ...part } : p));

/** A whole zip file with one entry more. */
const more = (part: Partial<ZipPart>) =>
  zip([...zipParts(GOOD), { name: "archive/more", data: FOUR, ...part }]);

/** A zip file of which sixteen bytes would become 2 GB, as the pickle says as well. */
function bomb(method: number): Uint8Array {
  const count = 2 ** 29 - 1;
  const body = dictionary({ w: tensor({ storage: storage({ count }), shape: [count] }) });
  return zip(
    zipParts(body).map((part) =>
      part.name.endsWith("/0") ? { ...part, method, unpacked: 4 * count } : part
    ),
  );
}

const nested = (depth: number) => "(".repeat(depth) + "t".repeat(depth);

/** A list of 1,000 pairs and 2,000 dictionaries made of it. */
const MANY_OF_ONE_LIST =
  `${name("collections", "OrderedDict")}q\x01](${"NN\x86".repeat(1000)}e\x85q\x02R` +
  "h\x01h\x02R".repeat(2000);

/** A name, the file, and what its error must say. */
export const MALFORMED_FILES: [name: string, file: Uint8Array, words: RegExp][] = [
  ["empty", bytes(""), /has 0 bytes and begins neither as a zip file nor as a pickle/],
  ["text", bytes("<!DOCTYPE html><title>404</title>"), /begins neither/],
  [
    "plain pickle", // pickle.dumps({"w": [1.0]}, 4)
    bytes("\x80\x04\x95\x14\0\0\0\0\0\0\0}\x94\x8c\x01w\x94]\x94G?\xf0\0\0\0\0\0\0as."),
    /it is a pickle of protocol 4, and torch.save writes protocol 2\. Load it in Python/,
  ],
  [
    "plain pickle of protocol 2", // pickle.dumps({"w": [1.0]}, 2)
    bytes("\x80\x02}q\0X\x01\0\0\0wq\x01]q\x02G?\xf0\0\0\0\0\0\0as."),
    /does not begin with PyTorch's magic number.* write it anew in PyTorch/,
  ],
  ["tar", bytes("\0".repeat(257) + "ustar" + "\0".repeat(300)), /layout of before 2017/],

  // The zip file.
  ["cut", saved(GOOD).slice(0, -30), /end of its zip directory is missing/],
  ["only a beginning", bytes("PK\x03\x04"), /end of its zip directory is missing/],
  ["table beyond the end", zip(zipParts(GOOD), { begin: 1e6 }), /claims bytes 1000000 to/],
  ["huge table", zip(zipParts(GOOD), { size: 0xfffffff0 }), /claims bytes/],
  ["table elsewhere", zip(zipParts(GOOD), { begin: 7 }), /zip directory is damaged/],
  ["fewer entries", zip(zipParts(GOOD), { count: 2 }), /2 entries take/],
  ["more entries", zip(zipParts(GOOD), { count: 60_000 }), /shorter than it says/],
  ["several parts", zip(zipParts(GOOD), { disk: 1 }), /one of several parts/],
  ["zip64 table", zip(zipParts(GOOD), { count: 0xffff }), /its directory has sizes of 4 GB/],
  ["zip64 entry", entry({ size: 0xffffffff }), /"archive\/data\/0" has sizes of 4 GB/],
  ["compressed", entry({ method: 8 }), /is compressed, which torch.save never does/],
  ["zip bomb", bomb(8), /"archive\/data\/0" is compressed, which torch.save never does/],
  ["stored bomb", bomb(0), /"archive\/data\/0" is compressed, which torch.save never does/],
  ["other size", entry({ unpacked: 0x7fffffff }), /should take 16 bytes, 2147483647 are there/],
  ["encrypted", entry({ flags: 1 }), /is encrypted/],
  ["up", more({ name: "archive/../../etc/passwd" }), /name that is no plain path/],
  ["absolute", more({ name: "/etc/passwd" }), /name that is no plain path/],
  ["backslash", more({ name: "archive\\..\\x" }), /name that is no plain path/],
  ["NUL", more({ name: "archive/x\0.pkl" }), /name that is no plain path/],
  ["endless name", more({ name: "x".repeat(5000) }), /name that is no plain path/],
  ["twice", more({ name: "archive/data/0" }), /"archive\/data\/0" is there twice/],
  ["overlap", more({ begin: 0 }), /reaches into what follows it/],
  ["large entry", entry({ size: 0x7fffffff }), /reaches into what follows it/],
  ["no header", entry({ signature: "PK\x07\x08" }), /no header of the stored entry/],
  ["long header", entry({ extra: 1 }), /"archive\/data\/0" reaches into what follows it/],
  ["flipped bit", entry({ checksum: 5 }), /"archive\/data\/0" are not those that were written/],
  ["no pickle", zip(zipParts(GOOD).slice(1)), /0 of its 2 zip entries are <folder>\/data.pkl/],
  ["two pickles", more({ name: "b/data.pkl" }), /2 of its 4 zip entries/],
  ["TorchScript", more({ name: "archive/constants.pkl" }), /is a TorchScript program/],
  [
    "big-endian",
    zip(zipParts(GOOD).map((p) => p.name.endsWith("order") ? { ...p, data: bytes("big") } : p)),
    /numbers are big-endian/,
  ],
  [
    "unknown byte order",
    zip(
      zipParts(GOOD).map((p) =>
        p.name.endsWith("order") ? { ...p, data: bytes("mi\x1b[2Jddle") } : p
      ),
    ),
    /byte order is "mi\\u001b\[2Jddle"/,
  ],

  // The pickle.
  ["command", saved(name("os", "system") + tuple(text("reboot")) + "R"), /names "os.system"/],
  ["builtin", saved(name("builtins", "eval") + tuple(text("1")) + "R"), /names "builtins.eval"/],
  ["other module", saved(name("torch", "load")), /names "torch.load"/],
  ["number", saved(name("numpy.core.multiarray", "scalar")), /numpy.core.multiarray.scalar/],
  ["complex", view({ storage: storage({ type: "ComplexFloatStorage" }) }), /ComplexFloatStorage/],
  ["inherited name", saved(name("torch", "constructor")), /names "torch.constructor"/],
  ["sly name", saved(name("os\xc2\x9b2J", "x")), /names "os\\u\{9b\}2J.x"/],
  ["call of no function", saved(name("torch", "FloatStorage") + ")R"), /calls what cannot be/],
  ["call of a text", saved(text("eval") + tuple(text("1")) + "R"), /calls what cannot be called/],
  ["attributes", saved(tensor() + dictionary({ x: int(1) }) + "b"), /attributes of what has none/],
  [
    "protocol 4",
    zip([{ name: "a/data.pkl", data: bytes("\x80\x04}.") }]),
    /no pickle of protocol 2/,
  ],
  [
    "unknown instruction",
    saved("\x8c"),
    /has the instruction 0x8c, which no state dict needs, at byte 2/,
  ],
  ["cut pickle", zip([{ name: "a/data.pkl", data: bytes("\x80\x02}") }]), /pickle is cut off/],
  ["long text", saved("X\xff\xff\xff\xff"), /cut off at byte 7, where 4294967295 are due/],
  ["not UTF-8", saved("X\x02\0\0\0\xc3\x28"), /a text that is not UTF-8/],
  ["endless line", saved("c" + "x".repeat(50)), /a line without an end/],
  ["behind the pickle", saved("}.}"), /pickle ends at byte 4 of 6/],
  ["empty stack", saved(""), /takes a value that is not there/],
  ["no mark", saved("t"), /ends a group that never began/],
  ["append to no list", saved("}Na"), /appends to what is no list/],
  ["odd entries", saved("}(Nu"), /sets an entry of what is no dictionary/],
  ["forgotten", saved("h\x07"), /recalls what it never kept/],
  ["deep marks", saved(nested(100_000)), /nested too deeply/],
  ["deep tuples", saved(")" + "\x85".repeat(900_000)), /a list or tuple of 1, not a dictionary/],
  ["many dictionaries", saved("}".repeat(200_000)), /is full of dictionaries/],
  ["one list for many dictionaries", saved(MANY_OF_ONE_LIST), /is full of dictionaries/],
  [
    "no pairs",
    saved(`${name("collections", "OrderedDict")}](Ne\x85R`),
    /made of what are no pairs/,
  ],
  ["many lists", saved("]".repeat(1_000_001)), /more than 1000000 instructions/],
  ["loop", saved("}q\0" + text("state_dict") + "h\0s"), /"state_dict" leads to a dictionary of 1/],
  ["list loop", saved("]q\0h\0a"), /a list or tuple of 1, not a dictionary/],

  // What was saved.
  ["a tensor", saved(tensor()), /holds a tensor, not a dictionary/],
  ["nothing", saved("}"), /holds 0 state dicts.*no entries/],
  ["two state dicts", saved(dictionary({ a: GOOD, b: GOOD })), /holds 2 state dicts.*"a".*"b"/],
  [
    "a number within",
    saved(dictionary({ w: tensor(), n: int(1) })),
    /the text "n" leads to 1, not/,
  ],
  ["a number as name", saved(`${GOOD}${int(7)}${tensor()}s`), /7 leads to a tensor/],

  // Tensors and storages.
  ["out of the storage", view({ shape: [5] }), /"w", \[5\].*reaches out of its storage of 4/],
  ["offset", view({ offset: 1 }), /from 1 on, reaches out/],
  ["stride", view({ shape: [2, 2], strides: [3, 1] }), /strides \[3,1\].*reaches out/],
  ["huge shape", view({ shape: [2 ** 40], strides: [0] }), /its views take 4398046511104 bytes/],
  [
    "endless shape",
    view({ shape: Array(40).fill(2 ** 52), strides: Array(40).fill(0) }),
    /its views take Infinity bytes/,
  ],
  ["negative stride", view({ offset: 3, strides: [-1] }), /stride is -1, not a whole number/],
  ["negative offset", view({ offset: -1 }), /offset is -1, not a whole number/],
  ["far negative offset", view({ offset: -(2 ** 40) }), /offset is -1099511627776, not/],
  ["negative length", view({ shape: [-4] }), /length is -4, not a whole number/],
  ["too many axes", view({ shape: Array(65).fill(1) }), /length is a list or tuple of 65/],
  ["one stride", view({ shape: [2, 2] }), /shape \[2,2\] and strides \[1\]/],
  ["no storage", view({ storage: "N" }), /has no storage/],
  ["negated", view({ metadata: dictionary({ neg: "\x88" }) }), /kept negated or conjugated/],
  ["huge storage", view({ storage: storage({ count: 2 ** 50 }) }), /should take 4503599627370496/],
  ["small storage", view({ storage: storage({ count: 5 }) }), /should take 20 bytes, 16 are there/],
  ["other key", view({ storage: storage({ key: "../data.pkl" }) }), /"..\/data.pkl" is not in it/],
  [
    "two sizes",
    saved(dictionary({
      v: tensor(),
      w: tensor({ storage: storage({ type: "DoubleStorage", count: 2 }) }),
    })),
    /storage "0" has two types or sizes/,
  ],
  ["outside", saved(text("x") + "Q"), /refers to something outside by no tuple/],
  ["a whole model", saved(tuple(text("module"), "N") + "Q"), /holds a whole model/],

  // The older layout.
  ["other magic", legacyFile({ magic: "K\x01" }), /not begin with PyTorch's magic number/],
  ["other version", legacyFile({ version: 1002 }), /version is 1002, not 1001/],
  ["pickle cut", legacyFile().slice(0, 17), /pickle is cut off/],
  ["numbers cut", legacyFile().slice(0, -1), /storage "0" reaches to byte/],
  ["count cut", legacyFile({ storages: "\x04" }), /8 bytes are due/],
  ["other count", legacyFile({ storages: legacyNumbers(5) }), /4 elements, it says 5/],
  ["negative count", legacyFile({ storages: legacyNumbers(-1) }), /4 elements, it says -1/],
  ["left over", legacyFile({ storages: legacyNumbers(4) + "x" }), /1 bytes after its last/],
  ["not listed", legacyFile({ keys: "]", storages: "" }), /storage "0" is not in it/],
  ["unknown key", legacyFile({ keys: `](${text("1")}e` }), /the text "1" as a storage/],
  [
    "listed twice",
    legacyFile({ keys: `](${text("0")}${text("0")}e`, storages: legacyNumbers(4).repeat(2) }),
    /lists storage "0" twice/,
  ],
  ["no list of keys", legacyFile({ keys: "N" }), /list of storages is None/],
  [
    "part of a storage",
    legacyFile({
      body: dictionary({
        w: tensor({ storage: legacyStorage(tuple(text("1"), int(0), int(4))) }),
      }),
    }),
    /storage that is part of another/,
  ],
];

/** A file that is whole, in each layout, to begin from. */
export const WHOLE_FILES: [name: string, file: Uint8Array][] = [
  ["zip", saved(GOOD)],
  ["zip with a comment", zip(zipParts(GOOD), { comment: `PK\x05\x06${"and more ".repeat(9)}` })],
  ["no byte order", zip(zipParts(GOOD).filter((p) => !p.name.endsWith("order")))],
  ["no checksum", entry({ checksum: 0 })],
  ["with folders", more({ name: "archive/data/", data: new Uint8Array(0) })],
  ["checkpoint", saved(dictionary({ epoch: int(3), weights: GOOD }))],
  [
    "checkpoint with a number as a tensor",
    saved(dictionary({ best: tensor({ shape: [], strides: [] }), model: GOOD })),
  ],
  ["legacy", legacyFile()],
];

/** The pickle of the first whole file, to be changed and packed again. */
export const WHOLE_PICKLE = pickle(GOOD);
