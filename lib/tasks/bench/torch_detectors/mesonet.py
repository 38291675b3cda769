"""Meso-4 and MesoInception-4 (Afchar et al., WIFS 2018), the authors' edition and the port to PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared

POOLS = (2, 2, 2, 4)


class Meso(Compared):
    """Four stages of convolution, ReLU, batch norm and pooling; two linear layers."""

    def __init__(self, settings):
        super().__init__()
        self.port = settings["edition"] == "port"
        inception = settings["network"] == "mesoInception4"
        self.stages = []  # of each: its convolutions by branch, and its norm
        if inception:
            self.branches("Incption1", 3, (1, 4, 4, 2))
            self.branches("Incption2", 11, (2, 4, 4, 2))
            plain = ((1, 5, 12, 16, "bn1"), (2, 5, 16, 16, "bn1" if self.port else "bn2"))
        else:
            norms = ("bn1", "bn1", "bn2", "bn2") if self.port else ("bn1", "bn2", "bn3", "bn4")
            plain = [(i + 1, size, *channels, norms[i]) for i, (size, *channels) in
                     enumerate(((3, 3, 8), (5, 8, 8), (5, 8, 16), (5, 16, 16)))]
        for number, size, inputs, outputs, norm in plain:
            self.convolution(f"conv{number}", size, inputs, outputs)
            self.norm(norm, outputs)
            self.stages.append(([[f"conv{number}"]], norm))
        side = settings["imageSize"] // 32
        self.dropout = nn.Dropout(settings["dropout"])
        self.fc1 = nn.Linear(16 * side * side, 16)
        self.fc2 = nn.Linear(16, 2 if self.port else 1)

    def convolution(self, name, size, inputs, outputs, dilation=1):
        padding = (size - 1) // 2 * dilation
        setattr(self, name, nn.Conv2d(
            inputs, outputs, size, 1, padding, dilation=dilation, bias=not self.port))

    def norm(self, name, channels):
        if not hasattr(self, name):
            keras = {} if self.port else {"eps": 1e-3, "momentum": 0.01}
            setattr(self, name, nn.BatchNorm2d(channels, **keras))

    def branches(self, name, inputs, outputs):
        """1x1; and 1x1 with a 3x3 of dilation 1, 2, 3 behind it."""
        paths = []
        for branch, wide in enumerate(outputs):
            path = [f"{name}_conv1"] if branch == 0 else [f"{name}_conv{branch + 1}_{k}" for k in (1, 2)]
            self.convolution(path[0], 1, inputs, wide)
            if branch > 0:
                self.convolution(path[1], 3, wide, wide, branch)
            paths.append(path)
        self.norm(f"{name}_bn", sum(outputs))
        self.stages.append((paths, f"{name}_bn"))

    def forward(self, images):
        x = images
        for (paths, norm), pool in zip(self.stages, POOLS):
            outputs = []
            for path in paths:
                y = x
                for name in path:
                    y = getattr(self, name)(y)
                    if not self.port or len(paths) == 1:  # the port's branches have no ReLU
                        y = F.relu(y, inplace=True)
                outputs.append(y)
            x = outputs[0] if len(outputs) == 1 else torch.cat(outputs, 1)
            x = F.max_pool2d(getattr(self, norm)(x), pool)
        if not self.port:
            x = x.permute(0, 2, 3, 1)  # Keras flattens row by row
        hidden = F.leaky_relu(self.fc1(self.dropout(x.flatten(1))), 0.1)
        return self.fc2(self.dropout(hidden))

    def log_odds(self, outputs):
        return super().log_odds(outputs) if self.port else -outputs[:, 0]

    def loss(self, images, targets):
        if self.port:
            return super().loss(images, targets)
        return F.mse_loss(torch.sigmoid(self(images)[:, 0]), 1 - targets["labels"].float())


def build(settings):
    return Meso(settings)
