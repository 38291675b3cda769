"""OST (Chen et al., NeurIPS 2022): an Xception with leaky ReLUs that learns to be good after a step of learning on
pseudo-fakes. What is drawn for those each side decides for itself: it is compared with `variety` 0."""

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

from ._compared import Compared, only
from ._timm import timm

SLOPE = 0.01
CENTRE, ACROSS, ALONG, STEEP = 0.5, 0.25, 0.275, 9  # the middle of the kit's ranges
FLAT = 0.02


def leaky(module):
    """The same network with a slope below 0 in every ReLU."""
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU):
            setattr(module, name, nn.LeakyReLU(SLOPE, inplace=child.inplace))
        else:
            leaky(child)


def ellipse(side):
    places = (torch.arange(side) + 0.5) / side
    distance = ((places[None, :] - CENTRE) / ACROSS) ** 2 + ((places[:, None] - CENTRE) / ALONG) ** 2
    return torch.sigmoid((1 - distance) * STEEP)


def colours(images, mask):
    weight = mask.sum()
    mean = (images * mask).sum((2, 3), keepdim=True) / weight
    squares = ((images - mean) ** 2 * mask).sum((2, 3), keepdim=True)
    return mean, (squares / weight).sqrt().clamp_min(FLAT)


def pseudo_fakes(faces, surroundings):
    """The inner part of each face in another's surroundings, with its colours."""
    mask = ellipse(faces.shape[-1]).to(faces.device)
    (mean, deviation), (there, spread) = colours(faces, mask), colours(surroundings, mask)
    fitted = ((faces - mean) / deviation * spread + there).clamp(-1, 1)
    return fitted * mask + surroundings * (1 - mask)


class Ost(Compared):
    """The network with its step within a step."""

    def __init__(self, settings):
        super().__init__()
        only(settings, width=1, depth="full", variety=0)
        self.settings = settings
        self.net = timm.create_model("legacy_xception", num_classes=0)
        leaky(self.net)
        self.dropout = nn.Dropout(settings["dropout"])
        self.last_linear = nn.Linear(2048, 2)
        size, count = settings["imageSize"], settings["templates"]
        # The kit keeps [count, rows, columns, colours], which the formula takes for a filter's axes.
        self.register_buffer("templates", torch.zeros(3, size, count, size))

    def forward(self, images):
        return self.last_linear(self.dropout(self.net(images)))

    def margin_loss(self, logits, labels):
        settings = self.settings
        own = F.one_hot(labels, 2) * settings["margin"]
        return F.cross_entropy((logits - own) * settings["scale"], labels)

    def loss(self, images, targets):
        labels, settings = targets["labels"], self.settings
        real, fake = torch.zeros_like(labels), torch.ones_like(labels)
        kept = self.templates.permute(2, 0, 3, 1)
        templates = kept[torch.arange(len(images), device=kept.device) % len(kept)]
        support = torch.cat([templates, pseudo_fakes(templates, images)])
        query = torch.cat([images, pseudo_fakes(images, templates)])
        learnt = dict(self.named_parameters())
        with torch.enable_grad():  # the step is taken also where the loss alone is asked for
            before = self.margin_loss(self(support), torch.cat([real, fake]))
            slopes = torch.autograd.grad(before, list(learnt.values()), create_graph=settings["order"] == "second")
        adapted = {name: w - settings["innerRate"] * slope for (name, w), slope in zip(learnt.items(), slopes)}
        return self.margin_loss(functional_call(self, adapted, (query,)), torch.cat([labels, fake]))

    def kit_name(self, name):
        return name.removeprefix("net.")


def build(settings):
    return Ost(settings)
