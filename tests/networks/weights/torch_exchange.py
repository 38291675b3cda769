"""The PyTorch side of torch_exchange_test.ts.

    torch_exchange.py write FOLDER               saves tensors in every way that matters, and their bytes
    torch_exchange.py load FILE BLOCKS WIDTH     loads a safetensors file strictly, prints the logits
"""

import copy
import json
import math
import os
import struct
import sys
import warnings

warnings.filterwarnings("ignore")

import torch  # noqa: E402
from torch import nn  # noqa: E402

NAMES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
         torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
         torch.uint8: "U8", torch.bool: "BOOL"}


def contents(tensor):
    """Type, shape and bytes in row-major order."""
    flat = tensor.detach().contiguous().reshape(-1)
    values = flat.view(torch.uint8).tolist() if flat.numel() else []
    return {"type": NAMES[tensor.dtype], "shape": list(tensor.shape), "hex": bytes(values).hex()}


def model():
    """Convolution, batch norm with its counter, and a linear layer, after one training step."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))
    adam = torch.optim.Adam(net.parameters())
    net(torch.randn(2, 3, 3, 3)).sum().backward()
    adam.step()
    return net, adam


def state_dicts():
    """By name: what is saved, and the tensors that must be read from it."""
    numbers = torch.randn(24) * torch.logspace(-6, 6, 24)
    types = {str(t): (numbers > 0 if t is torch.bool else (numbers * 100).clamp(0, 100).to(t))
             for t in NAMES}
    yield "types", types, types
    odd = {"nan": torch.tensor([math.nan, math.inf, -math.inf, -0.0]),
           "scalar": torch.tensor(7), "empty": torch.zeros(0, 3), "one": torch.ones(1, 1, 1)}
    yield "odd", odd, odd
    grid = torch.arange(120.0).reshape(2, 3, 4, 5)
    views = {"transposed": grid.transpose(0, 3), "every_other": grid[:, ::2, 1:3],
             "expanded": torch.tensor([1.0, 2.0])[:, None].expand(2, 3), "column": grid[0, :, 2, 3],
             "channels_last": grid.to(memory_format=torch.channels_last), "tail": grid[1],
             "window": grid.reshape(-1).unfold(0, 4, 2), "halves": grid.half().permute(3, 1, 0, 2)}
    yield "views", views, views
    yield "half", {k: v.half() for k, v in views.items()}, {k: v.half() for k, v in views.items()}
    weight = nn.Parameter(torch.randn(3, 4))
    tied = {"a.weight": weight, "b.weight": weight, "c.weight": weight.t(), "d.bias": weight[0]}
    yield "tied", tied, tied
    net, adam = model()
    yield "model", net.state_dict(), net.state_dict()
    kept = net.state_dict(keep_vars=True)
    yield "parameters", kept, kept
    parallel = {f"module.{key}": value for key, value in net.state_dict().items()}
    checkpoint = {"epoch": 3, "best": 0.5, "arch": "resnet34", "state_dict": parallel,
                  "optimizer": adam.state_dict()}
    yield "checkpoint", checkpoint, parallel
    yield "model_key", {"model": net.state_dict(), "optimizer": adam.state_dict()}, net.state_dict()
    half = copy.deepcopy(net).bfloat16().state_dict()
    yield "bfloat16", half, half
    many = {f"layer{i}.weight": torch.full((2,), float(i)) for i in range(1000)}
    yield "many", many, many


def refused():
    """By name: what must be refused."""
    net, _ = model()
    yield "whole_model", net
    yield "complex", {"w": torch.zeros(2, dtype=torch.complex64)}
    yield "sparse", {"w": torch.eye(3).to_sparse()}
    yield "quantised", {"w": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}
    yield "float8", {"w": torch.zeros(2).to(torch.float8_e4m3fn)}
    yield "function", {"w": torch.zeros(2), "f": os.system}


def write(folder):
    """Writes <name>.<layout>.pth for all, and expected.json: the tensors by file name."""
    torch.manual_seed(1)
    expected = {}

    def save(name, saved, tensors, **options):
        torch.save(saved, os.path.join(folder, name), **options)
        expected[name] = tensors and {key: contents(tensor) for key, tensor in tensors.items()}

    for name, saved, tensors in state_dicts():
        save(f"{name}.zip.pth", saved, tensors)
        save(f"{name}.legacy.pth", saved, tensors, _use_new_zipfile_serialization=False)
    for name, saved in refused():
        save(f"{name}.zip.pth", saved, None)
        save(f"{name}.legacy.pth", saved, None, _use_new_zipfile_serialization=False)
    net, _ = model()
    save("größer, \"Ω\" 1.pth", net.state_dict(), net.state_dict())
    save("protocol4.pth", net.state_dict(), None, pickle_protocol=4)
    torch.serialization.set_crc32_options(False)
    save("no_checksum.pth", net.state_dict(), net.state_dict())
    torch.jit.save(torch.jit.script(net), os.path.join(folder, "script.pth"))
    expected["script.pth"] = None
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as file:
        json.dump(expected, file)


def read_safetensors(path):
    """The format by its specification: PyTorch has no reader of its own."""
    types = {name: dtype for dtype, name in NAMES.items()}
    with open(path, "rb") as file:
        data = bytearray(file.read())
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        part = torch.frombuffer(data[8 + length + begin:8 + length + end], dtype=types[entry["dtype"]])
        tensors[name] = part.reshape(entry["shape"])
    return tensors


def load(path, blocks, width):
    """The bench's detector with these weights: logits of all heads for two images."""
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../lib/tasks/bench"))
    from torch_model import Detector, images

    net = Detector(int(blocks), float(width), 0.5)
    net.load_state_dict(read_safetensors(path), strict=True)
    with torch.no_grad():
        joint, leave_one_out, whole = net.eval()(images(2, 64, "exchange"))
    tracked = net.state_dict()["region_model1.bn1.num_batches_tracked"].item()
    logits = [head.tolist() for head in (joint, *leave_one_out, whole)]
    print(json.dumps({"logits": logits, "tracked": tracked}))


{"write": write, "load": load}[sys.argv[1]](*sys.argv[2:])
