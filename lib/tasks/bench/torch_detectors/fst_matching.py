"""FST-Matching (Dong et al., "Explaining Deepfake Detection by Analysing Image Matching", ECCV 2022): two
ResNet-18, each parted by a gate in what tells the person and what does not."""

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared, only
from ._timm import timm

FEATURES, REDUCTION = 512, 16


class Gate(nn.Module):
    """g * x and (1 - g) * x."""

    def __init__(self):
        super().__init__()
        middle = FEATURES // REDUCTION
        self.fc = nn.Sequential(
            nn.Linear(FEATURES, middle, bias=False), nn.ReLU(), nn.Linear(middle, FEATURES, bias=False), nn.Sigmoid())

    def forward(self, x):
        gate = self.fc(x)
        return x * gate, x * (1 - gate)


class FstMatching(Compared):
    """The network with its losses."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1)
        self.settings = settings
        self.source_encoder = timm.create_model("resnet18", num_classes=settings["people"])
        self.target_encoder = timm.create_model("resnet18", num_classes=settings["people"])
        self.source_se, self.target_se = Gate(), Gate()
        self.fc = nn.Linear(2 * FEATURES, 2)

    def side(self, images, name):
        encoder = getattr(self, f"{name}_encoder")
        features = encoder.forward_features(images).mean((2, 3))
        return getattr(self, f"{name}_se")(features)

    def forward(self, images):
        source, target = self.side(images, "source"), self.side(images, "target")
        return self.fc(torch.cat([target[1], source[1]], 1)), source, target

    def log_odds(self, outputs):
        return super().log_odds(outputs[0])

    def interaction(self, a, b):
        """f(a, b) - f(0, b) - f(a, 0) + f(0, 0)."""
        is_linear, none = self.settings["interaction"] == "published", torch.zeros_like(a)

        def answer(first, second):
            logits = self.fc(torch.cat([first, second], 1))
            return logits if is_linear else logits.softmax(1)

        return answer(a, b) - answer(none, b) - answer(a, none) + answer(none, none)

    def loss(self, images, targets):
        settings, labels = self.settings, targets["labels"]
        logits, (source, b), (target, a) = self(images)
        person = torch.zeros_like(labels)  # the bench's pictures show one person
        total = F.cross_entropy(logits, labels)
        total = total + settings["sourceWeight"] * F.cross_entropy(self.source_encoder.fc(source), person)
        total = total + settings["targetWeight"] * F.cross_entropy(self.target_encoder.fc(target), person)
        interaction, signs = self.interaction(a, b), 2 * labels - 1
        margins = interaction[:, 1] - interaction[:, 0]
        published = settings["interaction"] == "published"
        margin = signs.sum() * margins.sum() if published else (signs * margins).mean()
        return total - settings["interactionWeight"] * margin


def build(settings):
    return FstMatching(settings)
