"""Luo et al., "Generalizing Face Forgery Detection with High-frequency Features" (CVPR 2021): an Xception
on the picture and one on its noise, which attend to each other."""

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared, only
from ._timm import timm

STAGES = [f"block{k}" for k in range(1, 13)]


class Noise(nn.Module):
    """Three fixed 5x5 filters over red, green and blue, cut off at 3."""

    def __init__(self):
        super().__init__()
        self.register_buffer("kernel", torch.zeros(3, 3, 5, 5))

    def forward(self, x):
        return F.conv2d(x, self.kernel, padding=2).clamp(-3, 3)


class FeatureNoise(nn.Module):
    """Three fixed filters on each channel, cut off, mixed by a 1x1 convolution."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("kernel", torch.zeros(3 * channels, 1, 5, 5))
        self.out_conv = nn.Sequential(
            nn.Conv2d(3 * channels, channels, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(True))

    def forward(self, x):
        noise = F.conv2d(x, self.kernel, padding=2, groups=x.shape[1])
        return self.out_conv(noise.clamp(-3, 3))


class WhereToLook(nn.Module):
    """Residual-guided attention: [batch, 1, height, width], 0 to 1."""

    def __init__(self):
        super().__init__()
        self.srm = Noise()
        self.conv = nn.Sequential(
            nn.Conv2d(3, 32, 3, 2, bias=False), nn.BatchNorm2d(32), nn.ReLU(True),
            nn.Conv2d(32, 64, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True))
        self.pa = nn.ModuleDict({"conv": nn.Conv2d(2, 1, 7, padding=3, bias=False)})

    def forward(self, noise):
        x = self.conv(self.srm(noise))
        over = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        return torch.sigmoid(self.pa["conv"](over))


class DualAttention(nn.Module):
    """Each map adds what the positions of the other that it resembles hold (Sec. 3.4)."""

    def __init__(self, channels, positions):
        super().__init__()
        keys = channels // 8
        self.gamma1, self.gamma2 = (nn.Parameter(torch.zeros(1)) for _ in range(2))
        self.key_conv1, self.key_conv2 = (nn.Conv2d(channels, keys, 1) for _ in range(2))
        self.key_conv_share = nn.Conv2d(keys, keys, 1)
        self.linear1, self.linear2 = (nn.Linear(positions, positions) for _ in range(2))
        self.value_conv1, self.value_conv2 = (nn.Conv2d(channels, channels, 1) for _ in range(2))

    def forward(self, x, y):
        kx = self.key_conv_share(self.key_conv1(x)).flatten(2)
        ky = self.key_conv_share(self.key_conv2(y)).flatten(2)
        energy = kx.transpose(1, 2) @ ky  # [batch, positions of x, positions of y]
        on_y = F.softmax(self.linear1(energy), 2)
        on_x = F.softmax(self.linear2(energy.transpose(1, 2)), 2)
        from_y = self.value_conv2(y).flatten(2) @ on_y.transpose(1, 2)
        from_x = self.value_conv1(x).flatten(2) @ on_x.transpose(1, 2)
        return x + self.gamma1 * from_y.view_as(x), y + self.gamma2 * from_x.view_as(y)


class Fusion(nn.Module):
    """Both maps in one, each channel made stronger by what the whole picture says of it."""

    def __init__(self, features):
        super().__init__()
        self.convblk = nn.Sequential(
            nn.Conv2d(2 * features, features, 1, bias=False), nn.BatchNorm2d(features), nn.ReLU(True))
        mlp = nn.Sequential(
            nn.Conv2d(features, features // 16, 1, bias=False), nn.ReLU(True),
            nn.Conv2d(features // 16, features, 1, bias=False))
        self.ca = nn.ModuleDict({"sharedMLP": mlp})

    def forward(self, x, y):
        f, mlp = self.convblk(torch.cat([x, y], 1)), self.ca["sharedMLP"]
        whole = mlp(f.mean((2, 3), keepdim=True)) + mlp(f.amax((2, 3), keepdim=True))
        return f + f * torch.sigmoid(whole)


def side_of(size):
    """Side of the maps that attend to each other, behind blocks 3 and 7."""
    side = (size - 3) // 2 + 1 - 2
    for _ in range(3):
        side = -(-side // 2)
    return side


class Srm(Compared):
    """The two streams."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1, head="linear")
        self.rgb, self.srm = (timm.create_model("legacy_xception", num_classes=2) for _ in range(2))
        self.srm.fc.requires_grad_(False)  # the noise stream's classifier is never asked
        self.srm_conv0 = Noise()
        self.srm_conv1, self.srm_conv2 = FeatureNoise(32), FeatureNoise(64)
        self.srm_sa = WhereToLook()
        self.srm_sa_post = nn.Sequential(nn.BatchNorm2d(64), nn.ReLU(True))
        positions = side_of(settings["imageSize"]) ** 2
        self.dual_cma0, self.dual_cma1 = (DualAttention(728, positions) for _ in range(2))
        self.fusion = Fusion(2048)
        self.dropout = nn.Dropout(settings["dropout"])

    def forward(self, images):
        rgb, srm = self.rgb, self.srm
        noise = self.srm_conv0(images)
        a = rgb.act1(rgb.bn1(rgb.conv1(images)))
        b = srm.act1(srm.bn1(srm.conv1(noise))) + self.srm_conv1(a)
        a = rgb.act2(rgb.bn2(rgb.conv2(a)))
        b = srm.act2(srm.bn2(srm.conv2(b))) + self.srm_conv2(a)
        a = self.srm_sa_post(a * self.srm_sa(noise) + a)
        for name in STAGES:
            a, b = getattr(rgb, name)(a), getattr(srm, name)(b)
            if name == "block3":
                a, b = self.dual_cma0(a, b)
            if name == "block7":
                a, b = self.dual_cma1(a, b)
        a, b = (net.bn4(net.conv4(net.act3(net.bn3(net.conv3(x))))) for net, x in ((rgb, a), (srm, b)))
        return rgb.fc(self.dropout(self.fusion(a, b).mean((2, 3))))

    def kit_name(self, name):
        stream = name.split(".")[0]
        if stream not in ("rgb", "srm"):
            return name
        return f"xception_{stream}.model." + name[4:].replace("fc.", "last_linear.1.")


def build(settings):
    return Srm(settings)
