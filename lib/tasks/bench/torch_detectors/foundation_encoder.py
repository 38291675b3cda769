"""Foundation encoders: timm's vision transformer under a linear head, with GenD's losses on the unit sphere."""

from functools import partial

import torch
from torch import nn
from torch.nn import functional as F

from ._compared import Compared
from ._timm import timm  # noqa: F401
from timm.layers import QuickGELU
from timm.models.vision_transformer import VisionTransformer

SIZES = {"shallow": (64, 2, 4), "tiny": (192, 12, 3), "small": (384, 12, 6), "base": (768, 12, 12),
         "large": (1024, 24, 16)}


def family(settings):
    """What timm is told of it."""
    name = settings["encoder"]
    if name in ("clip", "openClip"):
        return {"pre_norm": True, "norm_layer": partial(nn.LayerNorm, eps=1e-5),
                "act_layer": QuickGELU if name == "clip" else nn.GELU}
    return {"norm_layer": partial(nn.LayerNorm, eps=1e-6),
            "init_values": 1e-5 if name == "dinov2" else None}


class FoundationEncoder(Compared):
    """Tokens and places are held here, with the kit's axes; all else is timm's."""

    def __init__(self, settings):
        super().__init__()
        if settings["tuning"] == "lora":
            raise ValueError("PyTorch's side has no adapters")
        width, depth, heads = SIZES[settings["size"]]
        self.settings = settings
        self.net = VisionTransformer(
            img_size=settings["imageSize"], patch_size=settings["patchSize"], embed_dim=width, depth=depth,
            num_heads=heads, num_classes=0, global_pool="", class_token=False, pos_embed="none",
            **family(settings))
        registers = settings["registers"] if settings["encoder"] == "dinov2" else 0
        self.cls_token = nn.Parameter(torch.zeros(width))
        self.pos_embed = nn.Parameter(torch.zeros(self.net.patch_embed.num_patches + 1, width))
        self.reg_token = nn.Parameter(torch.zeros(registers, width)) if registers else None
        self.head = nn.Linear(width, 2)
        if settings["tuning"] != "all":
            self.requires_grad_(False)
            self.head.requires_grad_(True)
        if settings["tuning"] == "layerNorm":
            for module in self.modules():
                if isinstance(module, nn.LayerNorm):
                    module.requires_grad_(True)

    def forward(self, images):
        patches = self.net.patch_embed(images) + self.pos_embed[1:]
        before = [(self.cls_token + self.pos_embed[0])[None]]
        if self.reg_token is not None:
            before.append(self.reg_token)
        before = torch.cat(before).expand(len(patches), -1, -1)
        x = self.net.norm_pre(torch.cat([before, patches], 1))
        features = self.net.norm(self.net.blocks(x)[:, 0])
        unit = F.normalize(features)
        return self.head(unit if self.settings["unitFeatures"] else features), unit

    def log_odds(self, outputs):
        return super().log_odds(outputs[0])

    def loss(self, images, targets):
        labels, (logits, unit) = targets["labels"], self(images)
        total = F.cross_entropy(logits, labels)
        squares = torch.pdist(unit).square()
        if self.settings["alignmentWeight"] > 0:
            first, second = torch.triu_indices(len(labels), len(labels), 1, device=labels.device)
            total = total + self.settings["alignmentWeight"] * squares[labels[first] == labels[second]].mean()
        if self.settings["uniformityWeight"] > 0:
            nearness = squares.mul(-2).exp().mean().clamp(min=1e-6)
            total = total + self.settings["uniformityWeight"] * nearness.log()
        return total

    def kit_name(self, name):
        inner = name.removeprefix("net.")
        return inner if inner.startswith("head.") else f"encoder.{inner}"


def build(settings):
    return FoundationEncoder(settings)
