"""LiSiam (Wang, Sun and Tang, TIFS 2022): an Xception at an eighth of the side, OCRNet, and a verdict from how what is
manipulated relates to the rest. Its worse copies are drawn on each side by itself: it is compared without them."""

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared, only
from ._timm import Block, timm

MAPS, ATTENTION, GATE = 512, 256, 64


def normed(size, inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class Context(nn.Module):
    """What each place has in common with what is real and what is manipulated elsewhere."""

    def __init__(self):
        super().__init__()
        self.key_project = nn.Sequential(normed(1, MAPS, ATTENTION), normed(1, ATTENTION, ATTENTION))
        self.query_project = nn.Sequential(normed(1, MAPS, ATTENTION), normed(1, ATTENTION, ATTENTION))
        self.value_project, self.out_project = normed(1, MAPS, ATTENTION), normed(1, ATTENTION, MAPS)
        self.bottleneck = normed(3, 2 * MAPS, MAPS)

    def forward(self, x, rough):
        shares = rough.flatten(2).softmax(2)
        objects = torch.einsum("bkn,bcn->bck", shares, x.flatten(2))[..., None]
        query, key = self.query_project(x).flatten(2), self.key_project(objects).flatten(2)
        value = self.value_project(objects).flatten(2)
        alike = (torch.einsum("bcn,bck->bnk", query, key) * ATTENTION**-0.5).softmax(-1)
        gathered = torch.einsum("bnk,bck->bcn", alike, value).unflatten(2, x.shape[2:])
        return self.bottleneck(torch.cat([self.out_project(gathered), x], 1))


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(2 * MAPS, GATE, bias=False), nn.ReLU(), nn.Linear(GATE, 2 * MAPS, bias=False), nn.Sigmoid())

    def forward(self, x):
        return x * self.fc(x.mean((2, 3)))[..., None, None]


class LiSiam(Compared):
    """The network with its losses."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1)
        self.settings, drop = settings, settings["dropout"]
        net = timm.create_model("legacy_xception", num_classes=0)
        for name in ("conv3", "bn3", "act3", "conv4", "bn4", "act4"):
            setattr(net, name, nn.Identity())
        net.block3, net.block12 = Block(256, 728, 2, 1), Block(728, 1024, 2, 1, grow_first=False)
        self.backbone_net = net
        self.bottleneck = normed(3, 1024, MAPS)
        self.object_context_block = Context()
        self.auxiliary_decoder = nn.Sequential(*normed(3, 728, MAPS), nn.Identity(), nn.Conv2d(MAPS, 2, 1))
        self.segDecoder = nn.Sequential(nn.Dropout2d(drop), nn.Conv2d(MAPS, 2, 1))
        self.Qf, self.Kf, self.Vf = (nn.Conv2d(MAPS, MAPS, 1, bias=False) for _ in range(3))
        self.W_z = nn.Sequential(nn.Conv2d(MAPS, MAPS, 1, bias=False), nn.BatchNorm2d(MAPS))
        self.BN, self.se, self.dropout = nn.BatchNorm2d(MAPS), Gate(), nn.Dropout(drop)

        def halved():
            return [nn.Conv2d(MAPS, MAPS, 3, 2, 1), nn.Conv2d(MAPS, MAPS, 1, padding=1), nn.BatchNorm2d(MAPS),
                    nn.Dropout2d(drop)]

        self.clsE = nn.Sequential(*halved(), nn.ReLU(), *halved())
        self.getScore = nn.Sequential(
            nn.Linear(2 * MAPS, 2 * MAPS), nn.BatchNorm1d(2 * MAPS), nn.ReLU(), nn.Linear(2 * MAPS, 2))

    def forward(self, images):
        net = self.backbone_net
        x = net.act2(net.bn2(net.conv2(net.act1(net.bn1(net.conv1(images))))))
        for k in range(1, 5):
            x = getattr(net, f"block{k}")(x)
        rough = self.auxiliary_decoder(x)
        for k in range(5, 13):
            x = getattr(net, f"block{k}")(x)
        features = self.object_context_block(self.bottleneck(x), rough)
        places = self.segDecoder(features)
        x = self.clsE(features)
        shares = F.interpolate(places.softmax(1), size=x.shape[2:], mode="bilinear")
        asked, rest = x * shares[:, 1:], x * shares[:, :1]
        query, key, value = self.Qf(asked).flatten(2), self.Kf(rest).flatten(2), self.Vf(rest).flatten(2)
        attention = self.dropout(torch.einsum("bcn,bcm->bnm", query, key).softmax(-1))
        gathered = torch.einsum("bnm,bcm->bcn", attention, value).unflatten(2, x.shape[2:])
        related = self.BN(self.W_z(gathered) + asked)
        logits = self.getScore(self.se(torch.cat([x, related], 1)).mean((2, 3)))
        return logits, places, rough

    def log_odds(self, outputs):
        return super().log_odds(outputs[0])

    def places_loss(self, places, masks):
        large = F.interpolate(places, size=masks.shape[2:], mode="bilinear")
        return F.cross_entropy(large, (masks[:, 0] > 0.5).long())

    def loss(self, images, targets):
        settings, (logits, places, rough) = self.settings, self(images)
        if settings["invarianceWeight"] != 0:
            raise ValueError("PyTorch's side has no worse copies: set invarianceWeight=0")
        total = F.cross_entropy(logits, targets["labels"])
        total = total + settings["placesWeight"] * self.places_loss(places, targets["masks"])
        return total + settings["auxiliaryWeight"] * self.places_loss(rough, targets["masks"])

    def kit_name(self, name):
        return name


def build(settings):
    return LiSiam(settings)
