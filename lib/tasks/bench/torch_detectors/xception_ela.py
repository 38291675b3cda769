"""Xception on error levels (Gunawan et al. 2017): what a picture loses by one more JPEG, by Pillow."""

import io

import numpy
import torch
from PIL import Image

from .xception import Xception


class XceptionEla(Xception):
    """|picture - JPEG(picture)| in levels, brightened so that each picture's largest becomes 255."""

    def __init__(self, settings):
        super().__init__(settings)
        self.quality = settings["elaQuality"]

    def saved(self, picture):
        """[3, height, width], uint8: the picture after one more JPEG."""
        file = io.BytesIO()
        Image.fromarray(picture.permute(1, 2, 0).contiguous().cpu().numpy()).save(
            file, "JPEG", quality=self.quality)
        return torch.from_numpy(numpy.array(Image.open(file))).permute(2, 0, 1)

    def see(self, images):
        with torch.no_grad():
            whole = ((images.clamp(-1, 1) + 1) * 127.5 + 0.5).floor().to(torch.uint8)
            saved = [self.saved(picture) for picture in whole]
            lost = (whole.float() - torch.stack(saved).to(whole.device).float()).abs()
            largest = lost.amax((1, 2, 3), keepdim=True).clamp(min=1)
            levels = (lost * (255 / largest) + 0.5).floor()
            return levels / 127.5 - 1


def build(settings):
    return XceptionEla(settings)
