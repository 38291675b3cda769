"""Face X-ray (Li et al., CVPR 2020): timm's HRNet, the map of where two pictures meet, a verdict on it."""

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared
from ._timm import timm

POOLED = 128
CLASSIFIER = ("incre_modules", "downsamp_modules", "final_layer", "global_pool", "head_drop", "classifier")


class FaceXRay(Compared):
    """Branches enlarged to the first's size, 1x1 convolution, enlarged to the picture's, sigmoid, mean."""

    def __init__(self, settings):
        super().__init__()
        channels = settings["channels"]
        self.corners = settings["enlarging"] == "corners"
        self.weight = settings["xRayWeight"]
        self.mean = settings["classifier"] == "mean"
        self.net = timm.create_model(f"hrnet_w{channels}")
        for name in CLASSIFIER:
            setattr(self.net, name, None)
        self.xray_conv = nn.Conv2d(15 * channels, 1, 1)
        self.cls_fc = nn.Linear(1 if self.mean else POOLED**2, 2)

    def enlarged(self, x, size):
        return F.interpolate(x, size=size, mode="bilinear", align_corners=self.corners)

    def forward(self, images):
        net = self.net
        x = net.act2(net.bn2(net.conv2(net.act1(net.bn1(net.conv1(images))))))
        branches = net.stages(x)
        size = branches[0].shape[2:]
        seen = torch.cat([branches[0], *(self.enlarged(x, size) for x in branches[1:])], 1)
        logits = self.enlarged(self.xray_conv(seen), images.shape[2:])
        xray = torch.sigmoid(logits)
        pooled = xray.mean((2, 3)) if self.mean else F.adaptive_avg_pool2d(xray, POOLED).flatten(1)
        return logits, self.cls_fc(pooled)

    def log_odds(self, outputs):
        return super().log_odds(outputs[1])

    def loss(self, images, targets):
        """Weighted cross-entropy of the X-ray 4 m (1 - m) of the mask m, and the verdict's."""
        logits, verdict = self(images)
        masks = targets["masks"]
        xray = F.binary_cross_entropy_with_logits(logits, 4 * masks * (1 - masks))
        return self.weight * xray + F.cross_entropy(verdict, targets["labels"])

    def kit_name(self, name):
        return name.removeprefix("net.")


def build(settings):
    return FaceXRay(settings)
