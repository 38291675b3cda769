"""The detector and its objective in PyTorch, for the bench: the paper's architecture, written for
timing, with the state-dict names of the official release so that weights can be filled by name."""

import math
import re

import torch
from torch import nn
from torch.nn import functional as F

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))  # channels, residual blocks, stride


class Residual(nn.Module):
    """Two 3x3 convolutions with a shortcut around them (He et al. 2016, the basic block)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)).add_(shortcut), inplace=True)


class ResNet34(nn.Module):
    """[batch, 3, size, size] -> [batch, features]: ResNet-34 without its classifier."""

    def __init__(self, width):
        super().__init__()
        channels = [round(c * width) for c, _, _ in STAGES]
        self.conv1 = nn.Conv2d(3, channels[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        inputs = channels[0]
        for i, (_, count, stride) in enumerate(STAGES):
            rows = [Residual(inputs if j == 0 else channels[i], channels[i], stride if j == 0 else 1)
                    for j in range(count)]
            setattr(self, f"layer{i + 1}", nn.Sequential(*rows))
            inputs = channels[i]
        self.features = inputs

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return x.mean((2, 3))


class Bottleneck(nn.Module):
    """The fusion layer f_g: the joint representation Z -> the global representation G."""

    def __init__(self, inputs, outputs, dropout):
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(inputs, 1000), nn.BatchNorm1d(1000), nn.ReLU(inplace=True), nn.Dropout(dropout),
            nn.Linear(1000, 500), nn.BatchNorm1d(500), nn.ReLU(inplace=True), nn.Dropout(dropout),
            nn.Linear(500, outputs))

    def forward(self, x):
        return self.model(x)


class Detector(nn.Module):
    """n local information blocks and the joint, leave-one-out and global heads."""

    def __init__(self, blocks, width, dropout):
        super().__init__()
        self.blocks = blocks
        for i in range(blocks):
            setattr(self, f"region_model{i + 1}", ResNet34(width))
        features = self.region_model1.features
        if blocks > 1:  # one block leaves nothing to predict from when it is left out
            for i in range(blocks):
                setattr(self, f"local_linear{i + 1}", nn.Linear((blocks - 1) * features, 2))
        self.bottleneck = Bottleneck(blocks * features, features, dropout)
        self.baseline_linear = nn.Linear(blocks * features, 2)
        self.linear = nn.Sequential(nn.Dropout(dropout), nn.Linear(features, 2))
        self.training_only = (AutomaticWeights(3 if blocks > 1 else 2),)

    def forward(self, images):
        z = [getattr(self, f"region_model{i + 1}")(images) for i in range(self.blocks)]
        joint = torch.cat(z, 1)
        leave_one_out = [] if self.blocks == 1 else [
            getattr(self, f"local_linear{i + 1}")(torch.cat(z[:i] + z[i + 1:], 1))
            for i in range(self.blocks)]
        return self.baseline_linear(joint), leave_one_out, self.linear(self.bottleneck(joint))

    def answers(self, outputs):
        joint, leave_one_out, whole = outputs
        return torch.cat([joint, *leave_one_out, whole])

    def loss(self, images, targets):
        outputs = self(images)
        with torch.autocast(images.device.type, enabled=False):  # only the network runs in half precision
            return objective(outputs, targets["labels"], *self.training_only)

    def kit_name(self, name):
        return name


class AutomaticWeights(nn.Module):
    """Eq. 13: each loss l with its learnt weight p as l / (2 p^2) + log(1 + p^2)."""

    def __init__(self, losses):
        super().__init__()
        self.params = nn.Parameter(torch.ones(losses))

    def forward(self, losses):
        squares = self.params.square()
        return (0.5 / squares * torch.stack(losses) + torch.log1p(squares)).sum()


def divergence(p, q):
    """KL(P || Q) of two-class logits, summed over classes, mean over the batch."""
    p, q = F.log_softmax(p, 1), F.log_softmax(q, 1)
    return F.kl_div(q, p, reduction="batchmean", log_target=True)


def objective(logits, labels, weights):
    """Cross-entropy of every head, global (Eq. 12) and local (Eq. 8) information loss, weighted."""
    joint, leave_one_out, whole = logits[0].float(), [l.float() for l in logits[1]], logits[2].float()
    losses = [sum(F.cross_entropy(l, labels) for l in [whole, joint, *leave_one_out])]
    losses.append(divergence(joint, whole))
    if leave_one_out:
        losses.append(torch.exp(-sum(divergence(joint, l) for l in leave_one_out)))
    return weights(losses)


def formula(name, count, scale, offset):
    """The repeatable numbers of tests/fixtures: a hash of (name, index), float32, flat."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    h = (torch.arange(count) * 0x9E3779B9 + seed) & 0xFFFFFFFF
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        h = ((h ^ (h >> shift)) * factor) & 0xFFFFFFFF  # int64 wraps; its low 32 bits stay exact
    t = ((h >> 8) - 2**23).float() / 2**23
    return t * torch.tensor(scale, dtype=torch.float32) + offset


COUNTER = re.compile(r"(^|[._])(batches|pointer)$")  # as formula_weights.ts has it


def fill(model):
    """Every weight, running statistic and remembered number from the formula, by the kit's name for it."""
    for own, tensor in model.state_dict().items():
        name = model.kit_name(own)
        if name.endswith("num_batches_tracked"):
            continue
        if COUNTER.search(name):
            tensor.fill_(1)
            continue
        fan_in = math.prod(tensor.shape[1:])
        if tensor.dim() > 1:
            scale, offset = math.sqrt(3 / fan_in), 0
        elif name.endswith("running_var"):
            scale, offset = 0.5, 1
        elif name.endswith("weight"):
            scale, offset = 0.25, 1
        else:
            scale, offset = 0.1, 0
        tensor.copy_(formula(name, tensor.numel(), scale, offset).view(tensor.shape))


def masks(batch, size, name):
    """[batch, 1, size, size], 0 to 1, from the formula."""
    return formula(name, batch * size * size, 0.5, 0.5).view(batch, 1, size, size)


def images(batch, size, name):
    """[batch, 3, size, size]: noise around an offset per channel, from the formula."""
    noise = formula(name, batch * 3 * size * size, 1, 0).view(batch, 3, size, size)
    return noise + formula(name + ".offset", batch * 3, 1, 0).view(batch, 3, 1, 1)
