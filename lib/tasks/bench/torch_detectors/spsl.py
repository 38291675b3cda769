"""Spatial-Phase Shallow Learning (Liu et al., CVPR 2021): Xception with the phase as a fourth channel."""

import torch

from .xception import Xception


class Spsl(Xception):
    """Real part of the inverse transform of exp(i angle(F)), F of the grey picture, beside red, green, blue."""

    def __init__(self, settings):
        super().__init__(settings, inputs=4, shallow=settings["depth"] == "shallow")

    def see(self, images):
        with torch.no_grad():
            spectrum = torch.fft.fft2(images.float().mean(1, keepdim=True))
            phase = torch.fft.ifft2(torch.exp(1j * torch.angle(spectrum))).real
        return torch.cat([images, phase], 1)


def build(settings):
    return Spsl(settings)
