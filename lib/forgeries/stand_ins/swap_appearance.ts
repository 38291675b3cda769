/**
 * Another face's appearance in the colours, light and shade of a target, and where it may be pasted. How it is
 * warped and blended is left to manipulations.ts.
 */
import type { Point } from "lib/faces/face.ts";
import type { Mask } from "lib/media/image.ts";
import { mix, type Raster, toRaster } from "lib/media/raster.ts";
import type { FaceCrop } from "../face_crop.ts";
import { faceScale } from "./face_shape.ts";
import { covered, fillPolygon, lesser, soften } from "./manipulation_masks.ts";
import {
  dampHighlights,
  labToRgb,
  rgbToLab,
  transferColour,
  transferShading,
} from "./match_colour.ts";
import { features, skinRegion, withoutIntruders } from "./skin_region.ts";
import type { Warped } from "./warp_face.ts";

/** What is pasted: a warped face in the target's colours, and where. */
export interface Swapped {
  /** RGB, 0 to 255, as large as the target; black outside of the outline. */
  readonly raster: Raster;
  /** 255 inside of the outline, 0 outside. */
  readonly outline: Mask;
  /** The outline without hair, hands or background of either face. */
  readonly bare: Mask;
}

/**
 * A warped face in the colours, light and shade of the target, and where both show bare skin, eyes, brows or
 * lips. Colours are measured on the skin of both.
 */
export function swapAppearance(
  target: FaceCrop,
  warped: Warped,
  options: { outline: readonly Point[]; sigma: number; share: number },
): Swapped {
  const { landmarks } = target, scale = faceScale(landmarks), { sigma, share } = options;
  const outline = covered(fillPolygon(options.outline, target.image), warped.distance);
  const model = rgbToLab(toRaster(target.image), outline), own = rgbToLab(warped.raster, outline);
  const skins = [model, own].map((lab) => skinRegion(lab, { landmarks, region: outline }));
  const bare = withoutIntruders(skins, { landmarks, region: outline, smooth: 2.5 * scale });
  const [shown, given] = skins.map((skin) => {
    const seen = lesser(skin, bare);
    return seen.data.some((v) => v > 0) ? seen : outline;
  });
  const masks = { source: given, model: shown };
  const skinned = dampHighlights(transferColour(own, model, { masks }), model, shown);
  // Lips and eyes are matched with lips and eyes: what suits skin would make teeth green on dark skin.
  const { eyes, mouth, lips } = features(landmarks, target.image);
  const match = (base: Raster, part: Mask, options: { seen: Mask; keepsGrey: boolean }) => {
    const { seen, keepsGrey } = options;
    if (seen.data.every((v) => v === 0)) return base;
    const matched = transferColour(own, model, { masks: { source: seen, model: seen }, keepsGrey });
    return mix(base, matched, soften(part, 2 * scale));
  };
  const sighted = match(skinned, eyes, { seen: lesser(eyes, bare), keepsGrey: false });
  const coloured = match(sighted, mouth, { seen: lesser(lips, bare), keepsGrey: true });
  const shaded = transferShading(coloured, model, {
    masks,
    where: outline,
    sigma: sigma * scale,
    share,
  });
  return { raster: labToRgb(shaded, outline), outline, bare };
}
