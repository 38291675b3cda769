"""F3-Net (Qian et al., "Thinking in Frequency", ECCV 2020): one Xception on frequency bands of the
picture, one on local frequency statistics, and MixBlocks between them."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared, only
from ._timm import timm

WINDOW, STRIDE, PADDING, STATISTICS = 10, 2, 4, 6


def cosines(size):
    """[size, size], float64: row u is the u-th function of the orthonormal cosine transform."""
    u, x = torch.arange(size, dtype=torch.float64)[:, None], torch.arange(size, dtype=torch.float64)
    basis = torch.cos((2 * x + 1) * u * math.pi / (2 * size)) * math.sqrt(2 / size)
    basis[0] = math.sqrt(1 / size)
    return basis


def band(start, end, size):
    """1 where the two frequencies add up to start ... end, both included."""
    both = torch.arange(size)[:, None] + torch.arange(size)
    return ((both >= start) & (both <= end)).float()


class Filter(nn.Module):
    """A band and what is learnt beside it."""

    def __init__(self, size):
        super().__init__()
        self.learnable = nn.Parameter(torch.zeros(size, size))

    def forward(self, fixed):
        return fixed + 2 * torch.sigmoid(self.learnable) - 1


class Bands(nn.Module):
    """Fixed bands [count, size, size] with a filter for each."""

    def __init__(self, edges, size):
        super().__init__()
        self.register_buffer("fixed", torch.stack([band(*e, size) for e in edges]), persistent=False)
        self.filters = nn.ModuleList(Filter(size) for _ in edges)

    def forward(self):
        return torch.stack([filter(fixed) for filter, fixed in zip(self.filters, self.fixed)])


class Decomposition(Bands):
    """The picture in four frequency bands: [batch, 12, size, size]."""

    def __init__(self, size):
        low, middle = int(size / 2.82), size // 2
        super().__init__(((0, low), (low, middle), (middle, 2 * size), (0, 2 * size)), size)
        self.register_buffer("basis", cosines(size).float(), persistent=False)

    def forward(self, images):
        spectrum = self.basis @ images @ self.basis.T
        filtered = spectrum[:, None] * super().forward()[None, :, None]
        return (self.basis.T @ filtered @ self.basis).flatten(1, 2)


class LocalStatistics(Bands):
    """How strong six bands are in sliding windows of the grey picture: [batch, 6, side, side], decades."""

    def __init__(self, sum_first):
        share = WINDOW * 2 / STATISTICS
        super().__init__([(share * k, share * (k + 1)) for k in range(STATISTICS)], WINDOW)
        self.sum_first = sum_first
        basis = cosines(WINDOW)
        windows = torch.einsum("uy,vx->uvyx", basis, basis).reshape(WINDOW**2, 1, WINDOW, WINDOW)
        self.register_buffer("windows", windows.float(), persistent=False)
        self.register_buffer("grey", torch.tensor([0.299, 0.587, 0.114])[:, None, None], persistent=False)

    def forward(self, images):
        levels = ((images * self.grey).sum(1, keepdim=True) + 1) * 122.5
        strengths = F.conv2d(levels, self.windows, stride=STRIDE, padding=PADDING).abs()
        weights = super().forward() / self.fixed.sum((1, 2), keepdim=True)
        weights = weights.reshape(STATISTICS, -1, 1, 1)
        if self.sum_first:
            return torch.log10(F.conv2d(strengths, weights.abs()) + 1e-15)
        return F.conv2d(torch.log10(strengths + 1e-15), weights)


class MixBlock(nn.Module):
    """Each stream takes from the other where an attention made of both says so (Sect. 3.3)."""

    def __init__(self, channels):
        super().__init__()
        for stream in ("FAD", "LFS"):
            setattr(self, f"{stream}_gamma", nn.Parameter(torch.zeros(1)))
            setattr(self, f"{stream}_query", nn.Conv2d(channels, channels, 1))
            setattr(self, f"{stream}_key", nn.Conv2d(channels, channels, 1))
            setattr(self, f"{stream}_conv", nn.Conv2d(channels, channels, 1, groups=channels))
            setattr(self, f"{stream}_bn", nn.BatchNorm2d(channels))

    def forward(self, fad, lfs):
        energy = self.FAD_query(fad) @ self.FAD_key(fad).transpose(2, 3)
        energy = energy + self.LFS_query(lfs) @ self.LFS_key(lfs).transpose(2, 3)
        attention = F.softmax(energy, 3)
        from_lfs = lfs * attention * (2 * torch.sigmoid(self.LFS_gamma) - 1)
        from_fad = fad * attention * (2 * torch.sigmoid(self.FAD_gamma) - 1)
        return (fad + self.FAD_bn(self.FAD_conv(from_lfs)), lfs + self.LFS_bn(self.LFS_conv(from_fad)))


def xception(inputs, stride):
    """timm's without its classifier; the statistics are half the picture's side already."""
    net = timm.create_model("legacy_xception", num_classes=0, in_chans=inputs)
    net.conv1.stride = (stride, stride)
    return net


def entry(net, x):
    return net.act2(net.bn2(net.conv2(net.act1(net.bn1(net.conv1(x))))))


def blocks(net, x, first, last):
    for k in range(first, last + 1):
        x = getattr(net, f"block{k}")(x)
    return x


def features(net, x):
    x = net.act3(net.bn3(net.conv3(x)))
    return net.act4(net.bn4(net.conv4(x))).mean((2, 3))


class F3Net(Compared):
    """One stream, both, or both with MixBlocks; one logit."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1)
        self.streams = settings["streams"]
        count = 0
        if self.streams != "statistics":
            self.FAD_head = Decomposition(settings["imageSize"])
            self.FAD_xcep = xception(12, 2)
            count += 1
        if self.streams != "decomposed":
            self.LFS_head = LocalStatistics(settings["statistics"] == "logOfSums")
            self.LFS_xcep = xception(STATISTICS, 1)
            count += 1
        if self.streams == "mixed":
            self.mix7, self.mix12 = MixBlock(728), MixBlock(1024)
        self.dropout = nn.Dropout(settings["dropout"])
        self.fc = nn.Linear(count * 2048, 1)

    def forward(self, images):
        heads = [(net, entry(net, head(images))) for head, net in self.heads()]
        if self.streams == "mixed":
            (one, x), (other, y) = heads
            x, y = self.mix7(blocks(one, x, 1, 7), blocks(other, y, 1, 7))
            x, y = self.mix12(blocks(one, x, 8, 12), blocks(other, y, 8, 12))
            seen = [features(one, x), features(other, y)]
        else:
            seen = [features(net, blocks(net, x, 1, 12)) for net, x in heads]
        return self.fc(self.dropout(torch.cat(seen, 1)))

    def heads(self):
        if self.streams != "statistics":
            yield self.FAD_head, self.FAD_xcep
        if self.streams != "decomposed":
            yield self.LFS_head, self.LFS_xcep

    def log_odds(self, outputs):
        return outputs[:, 0]

    def loss(self, images, targets):
        return F.binary_cross_entropy_with_logits(self(images)[:, 0], targets["labels"].float())


def build(settings):
    return F3Net(settings)
