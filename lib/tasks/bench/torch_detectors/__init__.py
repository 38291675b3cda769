"""The compared detectors in PyTorch, one file each, for the bench: backbones from timm, heads and losses
from the papers' equations. Each takes the settings of the kit's detector of its name."""

import importlib
import pathlib

NAMES = sorted(path.stem for path in pathlib.Path(__file__).parent.glob("*.py") if path.stem[0] != "_")


def build(name, settings):
    """The detector of that name as a `Compared` (see _compared.py)."""
    if name not in NAMES:
        raise ValueError(f"PyTorch's side has no detector \"{name}\"; it has {', '.join(NAMES)}")
    return importlib.import_module(f"{__name__}.{name}").build(settings)
