/** Mutated PNGs of every kind, half of them with checksums mended, read as JPEGs are in their campaign. */
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { campaignCommand } from "./campaign_command.ts";
import { mutationCampaign, type Subject } from "./mutation_campaign.ts";
import { pictureSubject, SIDE } from "./picture_reading.ts";

/** Gives every chunk the checksum of what it holds now. */
function mendChecksums(bytes: Uint8Array): Uint8Array {
  const mended = bytes.slice(), view = new DataView(mended.buffer);
  for (let at = 8; at + 12 <= mended.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > mended.length) break;
    view.setUint32(end, crc32(mended.subarray(at + 4, end)));
    at = end + 4;
  }
  return mended;
}

/** Colours, grey, palettes, 16 bits, transparency, interlacing, a profile. */
export async function subject(): Promise<Subject> {
  const small = () => sharp(demoPhotographs()[1]).resize(SIDE, SIDE, { fit: "fill" });
  const kinds = {
    "rgb.png": small().png(),
    "grey.png": small().greyscale().png(),
    "palette.png": small().png({ palette: true, colours: 16 }),
    "sixteen_bits.png": small().toColourspace("rgb16").png(),
    "transparent.png": small().ensureAlpha(0.5).png(),
    "interlaced.png": small().png({ progressive: true }),
    "profile.png": small().withIccProfile("p3").png(),
  };
  const pieces = [
    "IHDR",
    "PLTE",
    "IDAT",
    "IEND",
    "tRNS",
    "gAMA",
    "iCCP",
    "acTL",
    "eXIf",
    "\0\0\0\0",
  ];
  const originals = [];
  for (const [name, picture] of Object.entries(kinds)) {
    const bytes = new Uint8Array(await picture.toBuffer());
    originals.push({ name, bytes, pieces, repair: mendChecksums });
  }
  return pictureSubject(originals, { isSealed: true });
}

if (import.meta.main) {
  await campaignCommand("mutated_png", (args) => mutationCampaign(import.meta.url, args));
}
