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
        seen = rooted(F.dropout1d(sums, self.settings["mapDropout"])) if dropout else matrix
        return self.fc(seen * 100), matrix, maps

    def forward(self, images):
        return self.whole(images)[0]

    @torch.no_grad()
    def views(self, images, maps):
        """Each picture cut to where one of its maps looks, and black where one does."""
        there = {"device": images.device}
        size, rows, side = images.shape[2:], torch.arange(len(images), **there), images.shape[3]
        chosen = torch.multinomial(torch.sqrt(maps.sum((2, 3)) + 1e-12), 2, replacement=True)
        cut, dropped = (maps[rows, chosen[:, k], None] for k in (0, 1))
        threshold = cut.amax((2, 3), keepdim=True) * (0.4 + 0.2 * torch.rand(len(images), 1, 1, 1, **there))
        inside = (resized(cut, size) >= threshold)[:, 0]
        along = []  # all pictures at once and without leaving the graph: a cut of its own each is compiled anew
        for axis in (1, 2):  # rows go down the first of them
            seen = inside.any(3 - axis).to(torch.uint8)
            first, last = seen.argmax(1), side - 1 - seen.flip(1).argmax(1)
            start, end = (first - 0.1 * side).trunc().clamp_min(0), (last + 0.1 * side).trunc().clamp_max(side)
            shares = torch.arange(side, **there) / (side - 1)
            places = start[:, None] + (end - start - 1)[:, None] * shares
            along.append(2 * places / (side - 1) - 1)
        down, across = along
        grid = torch.stack([across[:, None].expand(-1, side, -1), down[:, :, None].expand(-1, -1, side)], 3)
        crops = F.grid_sample(images, grid, align_corners=True)
        threshold = dropped.amax((2, 3), keepdim=True) * (0.4 + 0.3 * torch.rand(len(images), 1, 1, 1, **there))
        return crops, images * (resized(dropped, size) < threshold)

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
            for kind in (0, 1):  # of several of one class the last one counts
                own = labels == kind
                last = torch.where(own, torch.arange(len(labels), device=labels.device), -1).amax().clamp_min(0)
                self.centres[:, kind] += settings["centreRate"] * own.any() * apart[last]
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
