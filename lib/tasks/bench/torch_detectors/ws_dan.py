"""WS-DAN (Hu et al., "See Better Before Looking Closer", 2019) on timm's Xception or EfficientNet-B3, as team WM of
the Deepfake Detection Challenge has it: features pooled by attention maps, and two more views of each picture."""

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared, only
from ._efficientnet import efficientnet, kit_name
from ._timm import timm

PREFIX = {"xception": "features", "b3": "EFN"}


class Attentions(nn.Module):
    """Where to look: [batch, maps, side, side], 0 or more."""

    def __init__(self, channels, maps):
        super().__init__()
        self.conv = nn.Conv2d(channels, maps, 1, bias=False)
        self.bn = nn.BatchNorm2d(maps, eps=1e-3)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)), inplace=True)


def rooted(sums):
    """Signed roots of all that was pooled, together of unit length: [batch, maps * channels]."""
    flat = sums.flatten(1)
    return F.normalize(torch.sign(flat) * torch.sqrt(torch.abs(flat) + 1e-12))


def resized(x, size):
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)


class WsDan(Compared):
    """The network with its losses."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1, centreUpdate="last")
        self.settings, maps = settings, settings["attentionMaps"]
        if settings["network"] == "xception":
            self.trunk = timm.create_model("legacy_xception", num_classes=0)
        else:
            self.trunk = efficientnet("b3", settings, classes=0, as_even=True)
        self.attentions = Attentions(self.trunk.num_features, maps)
        self.fc = nn.Linear(maps * self.trunk.num_features, 2, bias=False)
        self.register_buffer("centres", torch.zeros(maps * self.trunk.num_features, 2))

    def whole(self, images, dropout=False):
        """Logits, what is pooled, and the maps."""
        features = self.trunk.forward_features(images)
        maps = self.attentions(features)
        sums = torch.einsum("bmhw,bnhw->bmn", maps, features) / maps[0, 0].numel()
        matrix = rooted(sums)
        seen = rooted(F.dropout2d(sums, self.settings["mapDropout"])) if dropout else matrix
        return self.fc(seen * 100), matrix, maps

    def forward(self, images):
        return self.whole(images)[0]

    @torch.no_grad()
    def views(self, images, maps):
        """Each picture cut to where one of its maps looks, and black where one does."""
        size, rows = images.shape[2:], torch.arange(len(images))
        chosen = torch.multinomial(torch.sqrt(maps.sum((2, 3)) + 1e-12), 2, replacement=True)
        cut, dropped = (maps[rows, chosen[:, k], None] for k in (0, 1))
        threshold = cut.amax((2, 3), keepdim=True) * (0.4 + 0.2 * torch.rand(len(images), 1, 1, 1))
        inside = resized(cut, size) >= threshold
        crops = []
        for image, mask in zip(images, inside[:, 0]):
            ends = []
            for axis, side in enumerate(size):
                places = mask.any(1 - axis).nonzero()
                ends.append((max(int(places.min() - 0.1 * side), 0), min(int(places.max() + 0.1 * side), side)))
            (top, bottom), (left, right) = ends
            crops.append(resized(image[None, :, top:bottom, left:right], size))
        threshold = dropped.amax((2, 3), keepdim=True) * (0.4 + 0.3 * torch.rand(len(images), 1, 1, 1))
        return torch.cat(crops), images * (resized(dropped, size) < threshold)

    def loss(self, images, targets):
        settings, labels = self.settings, targets["labels"].long()
        logits, matrix, maps = self.whole(images, dropout=True)
        total = F.cross_entropy(logits, labels)
        if settings["cropAndDrop"] == "both":
            crops, drops = self.views(images, maps)
            for weight, view in ((settings["cropWeight"], crops), (settings["dropWeight"], drops)):
                if weight > 0:
                    total = total + weight * F.cross_entropy(self.whole(view)[0], labels)
        if settings["centreWeight"] > 0:
            aims = F.normalize(self.centres.T)[labels]
            total = total + settings["centreWeight"] * (matrix - aims).square().sum() / len(matrix)
            apart = (matrix - aims).detach()
            for row in range(len(labels)):  # of several of one class the last one counts
                place = labels[row]
                if not (labels[row + 1:] == place).any():
                    self.centres[:, place] += settings["centreRate"] * apart[row]
        return total

    def kit_name(self, name):
        if name == "centres":
            return "feature_center"
        if not name.startswith("trunk."):
            return name
        prefix = PREFIX[self.settings["network"]]
        if self.settings["network"] == "b3":
            return kit_name(self.trunk, name, prefix)
        return name.replace("trunk.", f"{prefix}.")


def build(settings):
    return WsDan(settings)
