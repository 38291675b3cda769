"""Multi-Attentional (Zhao et al., "Multi-attentional Deepfake Detection", CVPR 2021): timm's EfficientNet-B4,
attention maps, textures of their own where each looks, and a copy of the pictures without one of them."""

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared, only
from ._efficientnet import efficientnet, kit_name

CHANNELS, DEEP, FINAL, UNITS = 32, 160, 1792, 256  # of stages 2 and 5, the last map, and linear layers


def resized(x, size):
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True)


def pooled(features, maps):
    """Sum over places of map times feature, of unit length: [batch, maps, channels]."""
    maps = resized(maps, features.shape[-2:])
    if features.dim() == 4:
        return F.normalize(torch.einsum("bmhw,bnhw->bmn", maps, features), dim=2)
    return F.normalize(torch.einsum("bmhw,bmnhw->bmn", maps, features), dim=2)


class Attentions(nn.Module):
    """Where to look: [batch, maps, side, side], 0 or more, 0 at the picture's border."""

    def __init__(self, maps):
        super().__init__()
        self.conv_extract = nn.Conv2d(DEEP, DEEP, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(DEEP)
        self.conv2 = nn.Conv2d(DEEP, maps, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(maps)
        mask = torch.zeros(1, 1, 24, 24)
        mask[..., 2:-2, 2:-2] = 1
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv_extract(x)), inplace=True)
        x = F.elu(self.bn2(self.conv2(x))) + 1
        return x * F.interpolate(self.mask, size=x.shape[2:], mode="nearest")


class Textures(nn.Module):
    """Shallow features without their local mean, through a dense block for each map."""

    def __init__(self, maps):
        super().__init__()
        self.maps, every = maps, maps * CHANNELS
        self.conv_extract = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.conv0 = nn.Conv2d(every, every, 5, padding=2, groups=maps)
        for k in (1, 2, 3):
            setattr(self, f"bn{k}", nn.BatchNorm2d(k * every))
            setattr(self, f"conv{k}", nn.Conv2d(k * every, every, 3, padding=1, groups=maps))
        self.bn4 = nn.BatchNorm2d(4 * every)
        self.conv_last = nn.Conv2d(4 * every, every, 1, groups=maps)
        self.bn_last = nn.BatchNorm2d(every)

    def joined(self, a, b):
        a, b = (x.unflatten(1, (self.maps, -1)) for x in (a, b))
        return torch.cat([a, b], 2).flatten(1, 2)

    def forward(self, features, maps):
        x = self.conv_extract(features)
        means = F.adaptive_avg_pool2d(x, maps.shape[2:])
        left = x - F.interpolate(means, size=x.shape[2:]) if x.shape[2] > means.shape[2] else x
        seen = torch.tanh(resized(maps.detach(), x.shape[2:]))
        every = self.conv0((left[:, None] * seen[:, :, None]).flatten(1, 2))
        for k in (1, 2, 3):
            norm, convolution = getattr(self, f"bn{k}"), getattr(self, f"conv{k}")
            every = self.joined(every, convolution(F.relu(norm(every), inplace=True)))
        last = self.conv_last(F.relu(self.bn4(every), inplace=True))
        last = F.relu(self.bn_last(last), inplace=True)
        return last.unflatten(1, (self.maps, CHANNELS)), means


def standardised(x):
    deviation = x.flatten(2).std(2)[:, :, None, None]
    return (x - x.mean((2, 3), keepdim=True)) / (deviation + 1e-8)


class MultiAttentional(Compared):
    """The network with its losses."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1, network="b4", regionForm="official")
        self.settings, maps = settings, settings["attentionMaps"]
        self.net = efficientnet("b4", settings, classes=2, as_even=True)
        self.net.classifier.requires_grad_(False)  # never asked
        self.attentions = Attentions(maps)
        self.texture_enhance = Textures(maps)
        self.projection_local = nn.Sequential(
            nn.Linear(maps * CHANNELS, UNITS), nn.Hardswish(), nn.Linear(UNITS, UNITS), nn.Hardswish())
        self.project_final = nn.Linear(FINAL, UNITS)
        self.ensemble_classifier_fc = nn.Sequential(
            nn.Linear(2 * UNITS, UNITS), nn.Hardswish(), nn.Linear(UNITS, 2))
        self.register_buffer("centres", torch.zeros(CHANNELS, maps))
        self.batches = 0

    def features(self, images):
        """What stages 2 and 5 and the last layer give."""
        net, stages = self.net, []
        x = net.bn1(net.conv_stem(images))
        for stage in net.blocks:
            x = stage(x)
            stages.append(x)
        return stages[1], stages[4], net.bn2(net.conv_head(x))

    def whole(self, images):
        """Logits, maps, textures by map, local means."""
        shallow, deep, final = self.features(images)
        maps = self.attentions(deep)
        textures, means = self.texture_enhance(shallow, maps)
        kept = F.dropout(maps.new_ones(maps.shape[:2]), self.settings["mapDropout"], self.training)
        local = (pooled(textures, maps) * kept[:, :, None]).flatten(1)
        anywhere = (maps * kept[:, :, None, None]).sum(1, keepdim=True)
        share = resized(anywhere, final.shape[2:]) + 1e-8
        mean = (final * share).sum((2, 3)) / share.sum((2, 3))
        mean = F.dropout(mean, self.settings["dropout"], self.training)
        parts = [self.projection_local(local), F.hardswish(self.project_final(mean))]
        return self.ensemble_classifier_fc(torch.cat(parts, 1)), maps, means

    def forward(self, images):
        return self.whole(images)[0]

    def region(self, vectors, labels, rate):
        """Region independence; moves the centres, of which only reals do."""
        settings, fake = self.settings, labels.float()[:, None, None]
        moved = self.centres.T + rate * ((vectors - self.centres.T) * (1 - fake)).mean(0)
        margins = torch.tensor([settings["realMargin"], settings["fakeMargin"]], device=labels.device)[labels]
        away = (vectors - moved).square().sum((1, 2)).clamp(min=1e-30).sqrt()
        within = F.relu(away * margins.sign() - margins).mean()
        apart = (moved[None] - moved[:, None]).square().sum(2).clamp(min=1e-30).sqrt()
        between = F.relu(settings["centreMargin"] - apart).triu(1).sum()
        self.centres = moved.detach().T
        return within + between / (len(moved) * rate)

    @torch.no_grad()
    def dropped(self, images, maps):
        """Pictures that are blurred where one of their maps looked, and 1 at that map."""
        batch, count = maps.shape[:2]
        chosen = F.one_hot(torch.multinomial(torch.sqrt(maps.sum((2, 3)) + 1), 1)[:, 0], count).float()
        one = resized((maps * chosen[:, :, None, None]).sum(1, keepdim=True), images.shape[2:])
        share = one / (one.amax((2, 3), keepdim=True) + 1e-8)
        threshold, zoom = 0.4 + 0.2 * torch.rand(()), 3 + 2 * torch.rand(())
        least = torch.sigmoid(-threshold * zoom)
        share = (torch.sigmoid((share - threshold) * zoom) - least) / (1 - least)
        small = resized(images, [side // 2 for side in images.shape[2:]])
        weights = torch.exp(-torch.arange(-5.0, 6, device=images.device).square() / (2 * 7**2))
        weights = (weights / weights.sum()).repeat(3, 1, 1)
        blurred = F.pad(small, (5, 5, 5, 5), mode="reflect")
        blurred = F.conv2d(F.conv2d(blurred, weights[:, :, None], groups=3), weights[..., None], groups=3)
        copy = resized(blurred + 0.1 * torch.randn_like(blurred), images.shape[2:])
        return images * (1 - share) + copy * share, chosen

    def loss(self, images, targets):
        settings, labels = self.settings, targets["labels"]
        steps = settings["centreDecaySteps"]
        rate = settings["centreRate"] * 0.9 ** (self.batches // steps if steps else 0)
        self.batches += 1
        logits, maps, means = self.whole(images)
        vectors = pooled(standardised(means), maps)
        total = F.cross_entropy(logits, labels)
        total = total + settings["regionWeight"] * self.region(vectors, labels, rate)
        if settings["guidedDrop"] == "none":
            return total
        only(settings, guidedDrop="soft")
        copies, chosen = self.dropped(images, maps)
        logits, maps, means = self.whole(copies)
        changed = pooled(standardised(means), maps)
        self.region(changed.detach(), labels, rate)  # moves the centres once more; not counted
        match = ((changed - vectors).square().sum(2).clamp(min=1e-30).sqrt() * (1 - chosen)).mean()
        again = F.cross_entropy(logits, labels)
        return total + settings["dropWeight"] * again + settings["matchWeight"] * match

    def kit_name(self, name):
        if name == "centres":
            return "auxiliary_loss.feature_centers"
        return kit_name(self.net, name) if name.startswith("net.") else name


def build(settings):
    return MultiAttentional(settings)
