"""timm, also where torchvision's compiled part is not made for the PyTorch at hand (a build for processors
beside one for CUDA): importing torchvision then fails over operations that timm never calls."""

import torch

try:
    import torchvision  # noqa: F401
except RuntimeError:
    operations = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operations.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import timm  # noqa: E402, F401
from timm.models.xception import Block, SeparableConv2d  # noqa: E402, F401
