"""DSP-FWA (Li and Lyu, CVPR Workshops 2019, and its successor): timm's ResNet-50 with spatial pyramid pooling,
one look at a picture."""

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared, only
from ._timm import timm

FEATURES = 2048


class DspFwa(Compared):
    """The largest values of the last map within several grids of areas, and a linear layer on all of them."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1, windows=1)
        self.levels = [int(side) for side in settings["levels"].split("+")]
        self.net = timm.create_model("resnet50", num_classes=0)
        self.classifier = nn.Linear(FEATURES * sum(side**2 for side in self.levels), 2)

    def forward(self, images):
        net = self.net
        x = net.maxpool(net.act1(net.bn1(net.conv1(images))))
        x = net.layer4(net.layer3(net.layer2(net.layer1(x))))
        pooled = [F.adaptive_max_pool2d(x, side).flatten(1) for side in self.levels]
        return self.classifier(torch.cat(pooled, 1))

    def kit_name(self, name):
        return name.replace("net.", "resnet.resnet.")


def build(settings):
    return DspFwa(settings)
