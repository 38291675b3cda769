"""Xception (Chollet 2017) as FaceForensics++ uses it: timm's port, two logits."""

from torch import nn

from ._compared import Compared, only
from ._timm import timm


class Xception(Compared):
    """timm's network on what `see` makes of the pictures."""

    def __init__(self, settings, inputs=3, shallow=False):
        super().__init__()
        only(settings, width=1)
        self.net = timm.create_model(
            "legacy_xception", num_classes=2, in_chans=inputs, drop_rate=settings["dropout"])
        for block in range(4, 12) if shallow else ():
            setattr(self.net, f"block{block}", nn.Identity())

    def see(self, images):
        return images

    def forward(self, images):
        return self.net(self.see(images))

    def kit_name(self, name):
        return name.removeprefix("net.").replace("fc.", "last_linear.")


def build(settings):
    return Xception(settings)
