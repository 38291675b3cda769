"""EfficientNet with one logit, as Selim Seferbekov's and NTechLab's frame models of the Deepfake Detection
Challenge (2020)."""

from torch.nn import functional as F

from ._compared import Compared, only
from ._efficientnet import efficientnet, kit_name


class EfficientNet(Compared):
    """timm's network."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1)
        self.settings = settings
        self.net = efficientnet(
            settings["network"], settings, classes=1, as_even=settings["padding"] == "asEven")
        self.net.drop_rate = settings["dropout"]

    def forward(self, images):
        return self.net(images)[:, 0]

    def log_odds(self, outputs):
        return outputs

    def loss(self, images, targets):
        labels = targets["labels"].float()
        losses = F.binary_cross_entropy_with_logits(self(images), labels, reduction="none")
        if self.settings["averageOver"] == "all":
            return losses.mean()
        kinds = (losses[labels > 0.5], losses[labels <= 0.5])
        return sum(kind.mean() for kind in kinds if len(kind) > 0) / 2

    def kit_name(self, name):
        return kit_name(self.net, name)


def build(settings):
    return EfficientNet(settings)
