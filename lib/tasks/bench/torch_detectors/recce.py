"""RECCE (Cao et al., "End-to-End Reconstruction-Classification Learning for Face Forgery Detection", CVPR
2022): an Xception whose middle is decoded to the picture; where that fails guides what follows."""

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared, only
from ._timm import Block, SeparableConv2d, timm

MIDDLE, LEVELS, EMBEDDING = 728, (256, 128, 64), 256


def separable(inputs, outputs):
    """Rows and columns twice, a separable convolution, batch norm, ReLU."""
    layers = SeparableConv2d(inputs, outputs, 3, 1, 1)
    return nn.Sequential(nn.UpsamplingNearest2d(scale_factor=2), layers, nn.BatchNorm2d(outputs), nn.ReLU(True))


def matrices(*sizes):
    """Linear layers without biases, a ReLU between them."""
    layers = [nn.Linear(a, b, bias=False) for a, b in zip(sizes, sizes[1:])]
    return nn.Sequential(*[part for layer in layers for part in (layer, nn.ReLU(True))][:-1])


def pixelwise(*sizes):
    layers = [nn.Conv2d(a, b, 1, bias=False) for a, b in zip(sizes, sizes[1:])]
    return nn.Sequential(*[part for layer in layers for part in (layer, nn.ReLU(True))][:-1])


def cells(x, ratio):
    """[batch, channels, ratio side, ratio side] -> [batch, side, side, ratio^2, channels]."""
    x = x.unflatten(3, (-1, ratio)).unflatten(2, (-1, ratio))
    return x.permute(0, 2, 4, 3, 5, 1).flatten(3, 4)


class Reasoning(nn.Module):
    """Every place gathers from the places of two decoder maps that show the same part (Sect. 3.3)."""

    def __init__(self, dropout):
        super().__init__()
        self.va_embedding = pixelwise(MIDDLE, EMBEDDING, EMBEDDING)
        self.va_gated_b, self.va_gated_c = (pixelwise(MIDDLE, EMBEDDING) for _ in range(2))
        self.vb_embedding = matrices(LEVELS[0], EMBEDDING, EMBEDDING)
        self.vc_embedding = matrices(LEVELS[1], EMBEDDING, EMBEDDING)
        self.reweight_ab, self.reweight_ac = (matrices(2 * EMBEDDING, 1) for _ in range(2))
        self.reproject = pixelwise(3 * EMBEDDING, MIDDLE, MIDDLE)
        self.dropout = nn.Dropout(dropout)

    def gathered(self, x, own, source, of, ratio):
        embedded = getattr(self, f"v{of}_embedding")(cells(source, ratio))
        places = own.permute(0, 2, 3, 1)[:, :, :, None].expand_as(embedded)
        scores = getattr(self, f"reweight_a{of}")(torch.cat([places, embedded], -1))
        mean = (embedded * F.softmax(F.relu(scores), 3)).sum(3)
        return mean.permute(0, 3, 1, 2) * (1 - torch.sigmoid(getattr(self, f"va_gated_{of}")(x)))

    def forward(self, x, first, second):
        own = self.va_embedding(x)
        joined = [self.gathered(x, own, first, "b", 2), self.gathered(x, own, second, "c", 4), own]
        return self.dropout(self.reproject(torch.sigmoid(torch.cat(joined, 1))))


class Attention(nn.Module):
    """gate(|picture - reconstruction|) h(x) + dropout(x)."""

    def __init__(self, dropout):
        super().__init__()
        self.gated = nn.Sequential(
            nn.Conv2d(3, 3, 3, padding=1, bias=False), nn.ReLU(True), nn.Conv2d(3, 1, 1, bias=False))
        self.h = nn.Sequential(nn.Conv2d(MIDDLE, MIDDLE, 1, bias=False), nn.BatchNorm2d(MIDDLE), nn.ReLU(True))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, difference):
        small = F.interpolate(difference, size=x.shape[2:], mode="bilinear", align_corners=True)
        return torch.sigmoid(self.gated(small)) * self.h(x) + self.dropout(x)


class Recce(Compared):
    """The network with its losses."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1)
        self.settings, dropout = settings, settings["dropout"]
        self.encoder = timm.create_model("legacy_xception", num_classes=0)
        self.fc = nn.Linear(2048, 1)
        self.attention = Attention(dropout)
        self.reasoning = Reasoning(dropout)
        self.decoder1, self.decoder2 = separable(MIDDLE, LEVELS[0]), Block(LEVELS[0], LEVELS[0], 3)
        self.decoder3, self.decoder4 = separable(LEVELS[0], LEVELS[1]), Block(LEVELS[1], LEVELS[1], 3)
        self.decoder5 = separable(LEVELS[1], LEVELS[2])
        self.decoder6 = nn.Sequential(nn.Conv2d(LEVELS[2], 3, 1, bias=False), nn.Tanh())
        self.dropout = nn.Dropout(dropout)

    def noisy(self, images):
        deviation = self.settings["noise"]
        if not self.training or deviation == 0:
            return images
        half = (torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5).float()
        return (images + half * deviation * torch.randn_like(images)).clamp(-1, 1)

    def forward(self, images):
        net, x = self.encoder, self.noisy(images)
        x = net.act2(net.bn2(net.conv2(net.act1(net.bn1(net.conv1(x))))))
        for k in range(1, 5):
            x = getattr(net, f"block{k}")(x)
        first = self.decoder2(self.decoder1(self.dropout(x)))
        second = self.decoder4(self.decoder3(first))
        small = self.decoder6(self.decoder5(second))
        decoded = F.interpolate(small, size=images.shape[2:], mode="bilinear", align_corners=True)
        embeddings = [maps.mean((2, 3)) for maps in (x, first, second)]
        for k in range(5, 8):
            x = getattr(net, f"block{k}")(x)
        x = net.block8(self.reasoning(x, first, second) + x)
        x = self.attention(x, (images - decoded).abs())
        for k in range(9, 13):
            x = getattr(net, f"block{k}")(x)
        x = net.act4(net.bn4(net.conv4(net.act3(net.bn3(net.conv3(x))))))
        return self.fc(self.dropout(x.mean((2, 3)))), decoded, embeddings

    def log_odds(self, outputs):
        return outputs[0][:, 0]

    def loss(self, images, targets):
        settings, fake = self.settings, targets["labels"].float()
        logits, decoded, embeddings = self(images)
        total = F.binary_cross_entropy_with_logits(logits[:, 0], fake)
        total = (total - settings["flood"]).abs() + settings["flood"]
        each = (decoded - images).abs().mean((1, 2, 3))
        total = total + settings["reconstructionWeight"] * each[fake == 0].mean()
        return total + settings["metricWeight"] * sum(metric(x, fake) for x in embeddings)


def metric(embeddings, fake):
    """max(0, 1 - similarity of reals + that of real and fake), cosines from 0 to 1."""
    directions = F.normalize(embeddings)
    pairs = (directions @ directions.T + 1) / 2
    real = 1 - fake
    reals = torch.outer(real, real) * (1 - torch.eye(len(fake), device=fake.device))
    mixed = torch.outer(real, fake) + torch.outer(fake, real)
    mean = lambda of: (pairs * of).sum() / (of.sum() + 1e-6)  # noqa: E731
    return F.relu(1 - mean(reals) + mean(mixed))


def build(settings):
    return Recce(settings)
