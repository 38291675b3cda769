"""Pair-wise self-consistency learning (Zhao et al., "Learning Self-Consistency for Deepfake Detection", ICCV
2021): timm's ResNet-34, a verdict on its last map, and which places of the third stage are of one source."""

import math

from torch import nn
from torch.nn import functional as F

from ._compared import Compared, only
from ._timm import timm

PAIRED = 256  # channels of the third stage


class Pcl(Compared):
    """The network with both losses."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1, classifierStage=4)
        self.weight = settings["consistencyWeight"]
        self.mean = settings["verdict"] == "mean"
        self.net = timm.create_model("resnet34", num_classes=0)
        self.convout = nn.Conv2d(512, 2, 1)
        self.theta, self.phi = (nn.Conv2d(PAIRED, PAIRED, 1) for _ in range(2))

    def forward(self, images):
        net = self.net
        x = net.maxpool(net.act1(net.bn1(net.conv1(images))))
        paired = net.layer3(net.layer2(net.layer1(x)))
        theta, phi = (embed(paired).flatten(2) for embed in (self.theta, self.phi))
        volume = phi.transpose(1, 2) @ theta / math.sqrt(PAIRED)
        return self.convout(net.layer4(paired)), volume

    def log_odds(self, outputs):
        places = outputs[0]
        if self.mean:
            real, fake = places.mean((2, 3)).unbind(1)
        else:
            real, fake = F.log_softmax(places, 1).flatten(2).logsumexp(2).unbind(1)
        return fake - real

    def loss(self, images, targets):
        places, volume = self(images)
        labels = targets["labels"]
        if self.mean:
            verdict = F.cross_entropy(places.mean((2, 3)), labels)
        else:
            verdict = F.cross_entropy(places, labels[:, None, None].expand(-1, *places.shape[2:]))
        side = math.isqrt(volume.shape[1])
        masks = F.interpolate(targets["masks"], size=side, mode="bilinear", align_corners=True).flatten(1)
        alike = 1 - (masks[:, :, None] - masks[:, None, :]).abs()
        return verdict + self.weight * F.binary_cross_entropy_with_logits(volume, alike)


def build(settings):
    return Pcl(settings)
