/** Mutated JPEGs of every common kind, read with `readImage` and as training reads them. */
import sharp from "sharp";
import { demoPhotographs } from "lib/faces/demo_photographs.ts";
import { campaignCommand } from "./campaign_command.ts";
import { mutationCampaign, type Subject } from "./mutation_campaign.ts";
import { pictureSubject, SIDE } from "./picture_reading.ts";

/** Baseline and progressive, with and without sampling of chroma, grey, with EXIF and a profile. */
export async function subject(): Promise<Subject> {
  const small = () => sharp(demoPhotographs()[0]).resize(SIDE, SIDE, { fit: "fill" });
  const kinds = {
    "baseline.jpg": small().jpeg({ quality: 90 }),
    "full_chroma.jpg": small().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
    "progressive.jpg": small().jpeg({ progressive: true }),
    "grey.jpg": small().greyscale().jpeg(),
    "turned.jpg": small().jpeg().withMetadata({ orientation: 6 }),
    "cmyk.jpg": small().toColourspace("cmyk").jpeg(),
  };
  const pieces = ["\u00ff\u00d8", "Exif\0\0", "ICC_PROFILE\0", "Adobe\0", "JFIF\0"];
  const originals = [];
  for (const [name, picture] of Object.entries(kinds)) {
    originals.push({ name, bytes: new Uint8Array(await picture.toBuffer()), pieces });
  }
  return pictureSubject(originals, { isSealed: false });
}

if (import.meta.main) {
  await campaignCommand("mutated_jpeg", (args) => mutationCampaign(import.meta.url, args));
}
