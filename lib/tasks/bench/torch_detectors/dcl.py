"""DCL (Sun et al., AAAI 2022) on timm's EfficientNet: a verdict, and the contrast of two views of each picture. What
views are changed by each side draws for itself: it is compared with `variety` 0."""

import copy

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared, only
from ._efficientnet import efficientnet, kit_name

TILES, MOVED, NOISY, FLIPPED, CHANGE = 3, 0.75, 0.5, 0.5, 0.2
TEMPERATURE, FORGED_PIXEL, FORGED_CELL, REAL_WEIGHT, PROTOTYPE_LEFT, BEYOND = 0.07, 40 / 255, 0.01, 0.01, 0.9, 128
LEAST = 1e-30  # a batch of one class has sums of 0


def noise_filters():
    """Three high-pass filters, each over all colours: [3, 3, 5, 5]."""
    row, small, large = (torch.zeros(5, 5) for _ in range(3))
    row[2, 1:4] = torch.tensor([1.0, -2, 1]) / 2
    small[1:4, 1:4] = torch.tensor([[-1.0, 2, -1], [2, -4, 2], [-1, 2, -1]]) / 4
    large[:] = torch.tensor([
        [-1.0, 2, -2, 2, -1], [2, -6, 8, -6, 2], [-2, 8, -12, 8, -2], [2, -6, 8, -6, 2], [-1, 2, -2, 2, -1]]) / 12
    return torch.stack([row, small, large])[:, None].repeat(1, 3, 1, 1)


def in_tiles(x, order):
    """Nine tiles in another order, [batch, 9]; what is left of a side behind three whole ones stays."""
    side = x.shape[-1] // TILES
    whole = side * TILES
    tiles = x[..., :whole, :whole].unflatten(3, (TILES, side)).unflatten(2, (TILES, side))
    tiles = tiles.permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
    moved = tiles[torch.arange(len(x), device=x.device)[:, None], order].unflatten(1, (TILES, TILES))
    result = x.clone()
    result[..., :whole, :whole] = moved.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)
    return result


class Dcl(Compared):
    """The network with its momentum encoder, queues and prototypes."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1)
        self.settings = settings
        self.net = efficientnet(settings["network"], {**settings, "dropConnect": 0}, classes=0, as_even=False)
        self.dropout = nn.Dropout(settings["dropout"])
        self.fc = nn.Linear(self.net.num_features, 2)
        self.feature_squeeze = nn.Conv2d(self.net.num_features, 1, 1)
        self.training_only = (self.feature_squeeze,)
        self.momentum = nn.ModuleDict(
            {"net": copy.deepcopy(self.net), "feature_squeeze": copy.deepcopy(self.feature_squeeze)})
        self.momentum.requires_grad_(False)
        for module in self.momentum.modules():
            if isinstance(module, nn.BatchNorm2d):  # by the batch's own statistics
                module.track_running_stats = False
                module.running_mean = module.running_var = module.num_batches_tracked = None
        dimensions = (-(-settings["imageSize"] // 32)) ** 2
        for kind in ("real", "fake"):
            self.register_buffer(f"{kind}_prototype", torch.zeros(dimensions))
            self.register_buffer(f"hard_{kind}_queue", torch.zeros(settings["queueSize"] + BEYOND, dimensions))
            self.register_buffer(f"hard_{kind}_pointer", torch.zeros(1, dtype=torch.long))
        self.register_buffer("batches", torch.zeros(1))
        self.register_buffer("filters", noise_filters(), persistent=False)

    def head(self, features):
        return self.fc(self.dropout(features.mean((2, 3))))

    def forward(self, images):
        return self.head(self.net.forward_features(images))

    @torch.no_grad()
    def views(self, images):
        """Query, key, and the order of the query's tiles."""
        count, variety, there = len(images), self.settings["variety"], {"device": images.device}
        chances = torch.tensor([MOVED, NOISY, FLIPPED], **there)[:, None]
        below = (torch.rand(3, count, **there) < variety * chances)[..., None, None, None]
        drawn, own = torch.rand(count, TILES**2, **there).argsort(1), torch.arange(TILES**2, **there)
        order = torch.where(below[0, :, :, 0, 0], drawn, own)
        change = variety * CHANGE * (2 * torch.rand(2, count, 1, 1, 1, **there) - 1)

        def noise(x):
            return x + below[1] * F.conv2d(x, self.filters, padding=2)

        key = torch.where(below[2], images.flip(3), images) * (1 + change[0]) + change[1]
        return in_tiles(noise(images), order), noise(key), order

    @torch.no_grad()
    def keys(self, images):
        """The momentum encoder's vectors, after it has followed; the first batch's is the encoder itself."""
        left = self.settings["keyMomentum"] * (self.batches > 0)  # a tensor: a number would leave the graph
        for name, after in self.momentum.items():
            for old, new in zip(after.parameters(), getattr(self, name).parameters()):
                old.mul_(left).add_(new * (1 - left))
        features = self.momentum["net"].forward_features(images)
        return F.normalize(self.momentum["feature_squeeze"](features).flatten(1))

    @torch.no_grad()
    def remember(self, keys, labels):
        """Moves the prototypes, and writes each class's keys that are nearest to the other's into its queue."""
        kinds, count = ("real", "fake"), min(self.settings["hardest"], len(keys))
        for label, kind in enumerate(kinds):
            own = (labels == label).float()
            mean = own @ keys / own.sum().clamp_min(1)
            getattr(self, f"{kind}_prototype").mul_(PROTOTYPE_LEFT).add_(mean, alpha=1 - PROTOTYPE_LEFT)
        for label, kind in enumerate(kinds):
            own = labels == label
            alike = torch.where(own, keys @ getattr(self, f"{kinds[1 - label]}_prototype"), -torch.inf)
            nearest = alike.argsort(descending=True, stable=True)[:count]  # the other class comes last
            queue, pointer = getattr(self, f"hard_{kind}_queue"), getattr(self, f"hard_{kind}_pointer")
            places = pointer + torch.arange(count, device=pointer.device)
            queue[places] = torch.where(own[nearest, None], keys[nearest], queue[places])
            pointer.copy_((pointer + own[nearest].sum()) % self.settings["queueSize"])

    def inter(self, queries, keys, labels):
        queries = F.normalize(queries)
        self.remember(keys, labels)
        queues = (self.hard_real_queue.clone(), self.hard_fake_queue.clone())  # the next batch writes into them
        others = torch.where((labels == 0)[:, None], queries @ queues[1].T, queries @ queues[0].T)
        logits = torch.cat([(queries * keys).sum(1, keepdim=True), others], 1) / TEMPERATURE
        return F.cross_entropy(logits, torch.zeros_like(labels))

    def intra(self, features, masks, labels):
        cells = F.normalize(features.flatten(2), dim=1)
        masks = F.interpolate(masks, size=features.shape[2:], mode="bilinear").flatten(2)
        forged, untouched = cells * (masks > FORGED_CELL), cells * (masks == 0)

        def pairs(a, b, chosen):
            each = torch.exp(a.transpose(1, 2) @ b / TEMPERATURE).sum((1, 2))
            return (each * chosen).sum().clamp_min(LEAST)

        alike, apart = pairs(untouched, untouched, labels), pairs(forged, untouched, labels)
        real = -pairs(cells, cells, 1 - labels).log()
        return (alike + apart).log() - alike.log() + REAL_WEIGHT * real

    def loss(self, images, targets):
        settings, labels = self.settings, targets["labels"]
        query, key, order = self.views(images)
        features = self.net.forward_features(query)
        verdict = F.cross_entropy(self.head(features), labels)
        contrast = self.inter(self.feature_squeeze(features).flatten(1), self.keys(key), labels)
        if settings["intraWeight"] > 0:
            forged = in_tiles((targets["masks"] > FORGED_PIXEL).float(), order)
            contrast = contrast + settings["intraWeight"] * self.intra(features, forged, labels)
        share = settings["contrastWeight"] * (self.batches >= settings["warmUpSteps"]).squeeze()
        self.batches += 1
        return (1 - share) * verdict + share * contrast

    def kit_name(self, name):
        inner = name.removeprefix("momentum.")
        if not inner.startswith("net."):
            return name
        return name.removesuffix(inner) + kit_name(self.net, inner)


def build(settings):
    return Dcl(settings)
