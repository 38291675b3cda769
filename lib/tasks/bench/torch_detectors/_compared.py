"""What the bench asks of every compared detector, with what most of them have in common."""

from torch import nn
from torch.nn import functional as F


class Compared(nn.Module):
    """A network with its score and its objective; what is said here fits two logits."""

    training_only = ()  # modules with parameters that only training has

    def answers(self, outputs):
        """What the two sides compare, and what inference is timed to."""
        return self.log_odds(outputs)

    def log_odds(self, outputs):
        """[batch]: log-odds of fake."""
        return outputs[:, 1] - outputs[:, 0]

    def loss(self, images, targets):
        """The training objective; targets: labels [batch], masks [batch, 1, size, size]."""
        return F.cross_entropy(self(images), targets["labels"])

    def kit_name(self, name):
        """What the kit calls the entry `name` of the state dict."""
        return name


def only(settings, **published):
    """Refuses settings that timm's networks cannot follow."""
    for name, value in published.items():
        if settings[name] != value:
            raise ValueError(f"PyTorch's side has {name} {value} only, not {settings[name]}")
