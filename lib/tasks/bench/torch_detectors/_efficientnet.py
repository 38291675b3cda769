"""timm's EfficientNets with the settings of the kit's, and the names that efficientnet_pytorch, and so the kit, has
for their parameters."""

from torch import nn
from torch.nn import functional as F

from ._timm import timm

OUTSIDE = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1",
           "classifier": "_fc"}
INSIDE = {"conv_dw": "_depthwise_conv", "se.conv_reduce": "_se_reduce", "se.conv_expand": "_se_expand"}
EXPANDING = {"conv_pw": "_expand_conv", "bn1": "_bn0", "bn2": "_bn1", "conv_pwl": "_project_conv",
             "bn3": "_bn2"}
PLAIN = {"bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}


class PaddedAsEven(nn.Conv2d):
    """Stride 2 with the padding of an even side, as efficientnet_pytorch up to 0.6.3 has it."""

    def forward(self, x):
        before = (self.kernel_size[0] - 2) // 2
        x = F.pad(x, (before, before + 1, before, before + 1))
        return F.conv2d(x, self.weight, self.bias, self.stride, 0, 1, self.groups)


def efficientnet(network, settings, classes, as_even):
    """timm's network of that size, with its classifier."""
    net = timm.create_model(
        f"tf_efficientnet_{network}", num_classes=classes, drop_path_rate=settings["dropConnect"])
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = settings["normMomentum"]
        if as_even and isinstance(module, nn.Conv2d) and module.stride[0] == 2:
            module.__class__ = PaddedAsEven
    return net


def kit_name(net, name, prefix="net"):
    """What the kit calls the entry `name` of a detector whose network, the word before the first dot, is timm's."""
    _, part, *rest = name.split(".")
    if part in OUTSIDE:
        return ".".join([prefix, OUTSIDE[part], *rest])
    stage, place = int(rest[0]), int(rest[1])
    at = sum(len(blocks) for blocks in net.blocks[:stage]) + place
    names = INSIDE | (EXPANDING if hasattr(net.blocks[stage][place], "conv_pwl") else PLAIN)
    return f"{prefix}._blocks.{at}.{names['.'.join(rest[2:-1])]}.{rest[-1]}"
