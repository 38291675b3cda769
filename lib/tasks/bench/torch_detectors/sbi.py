"""Self-blended images' networks (Shiohara and Yamasaki, CVPR 2022): timm's EfficientNet-B4 or ResNet-34 with
two logits. At 380 pixels timm's padding is efficientnet_pytorch 0.7.1's."""

from torch import nn

from ._compared import Compared, only
from ._efficientnet import kit_name
from ._timm import timm


class Sbi(Compared):
    """Features averaged over the picture, dropout, two logits."""

    def __init__(self, settings):
        super().__init__()
        self.efficient = settings["network"] == "b4"
        only(settings, width=1, **({"imageSize": 380} if self.efficient else {"network": "resnet34"}))
        if not self.efficient:
            self.net = timm.create_model("resnet34", num_classes=2)
            return
        self.net = timm.create_model(
            "tf_efficientnet_b4", num_classes=2, drop_rate=settings["dropout"],
            drop_path_rate=settings["dropConnect"])
        for module in self.net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = settings["normMomentum"]

    def forward(self, images):
        return self.net(images)

    def kit_name(self, name):
        return kit_name(self.net, name) if self.efficient else name


def build(settings):
    return Sbi(settings)
