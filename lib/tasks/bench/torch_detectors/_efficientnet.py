"""The names that efficientnet_pytorch, and so the kit, has for the parameters of timm's EfficientNet."""

OUTSIDE = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1",
           "classifier": "_fc"}
INSIDE = {"conv_dw": "_depthwise_conv", "se.conv_reduce": "_se_reduce", "se.conv_expand": "_se_expand"}
EXPANDING = {"conv_pw": "_expand_conv", "bn1": "_bn0", "bn2": "_bn1", "conv_pwl": "_project_conv",
             "bn3": "_bn2"}
PLAIN = {"bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}


def kit_name(net, name):
    """What the kit calls the entry `name`, which begins with `net.`, of a detector whose `net` is timm's."""
    _, part, *rest = name.split(".")
    if part in OUTSIDE:
        return ".".join(["net", OUTSIDE[part], *rest])
    stage, place = int(rest[0]), int(rest[1])
    at = sum(len(blocks) for blocks in net.blocks[:stage]) + place
    names = INSIDE | (EXPANDING if hasattr(net.blocks[stage][place], "conv_pwl") else PLAIN)
    return f"net._blocks.{at}.{names['.'.join(rest[2:-1])]}.{rest[-1]}"
