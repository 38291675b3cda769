"""The PyTorch side of the bench: a JSON request a line on standard input, a JSON reply a line on
standard output. Ends when its input ends. Requests: see lib/tasks/bench/worker_protocol.ts."""

import contextlib
import json
import os
import signal
import sys
import time
import warnings

signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides when this process ends
replies = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # whatever a library prints must not look like a reply
warnings.filterwarnings("ignore", message="Failed to initialize NumPy")

import torch  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

import torch_detectors  # noqa: E402
from torch_model import Detector, fill, images, masks  # noqa: E402

TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def model_of(case, quiet):
    """The network of a case; quiet: without dropout of any kind."""
    if "blocks" in case:
        return Detector(case["blocks"], case["width"], 0 if quiet else 0.5)
    settings = dict(case["settings"])
    for name, value in case["settings"].items() if quiet else ():
        if "dropout" in name.lower() or "dropconnect" in name.lower():
            settings[name] = 0
        elif "drop" in name.lower() and isinstance(value, str):
            settings[name] = "none"
    return torch_detectors.build(case["detector"], settings)


class Work:
    """One case, ready to run: model, optimiser, batch, and `step`, which returns a number."""

    def __init__(self, request, quiet=False):
        case, layout = request["case"], torch.contiguous_format
        if request["variant"] in ("channels_last", "compile_channels_last"):
            layout = torch.channels_last
        self.model = model_of(case, quiet)
        with torch.no_grad():
            fill(self.model)
        self.model.to(memory_format=layout)
        batch, size = case["batch"], case["size"]
        self.images = images(batch, size, "bench").to(memory_format=layout)
        self.targets = {"labels": torch.arange(batch) % 2, "masks": masks(batch, size, "bench.masks")}
        self.half = case["precision"] == "bfloat16"
        self.model.train(case["work"] == "training")
        forward, loss = self.answers, self.loss
        if request["variant"].startswith("compile"):
            forward, loss = torch.compile(forward), torch.compile(loss)
        if case["work"] == "training":
            parts = [self.model, *self.model.training_only]
            learnt = dict.fromkeys(p for part in parts for p in part.parameters() if p.requires_grad)
            adam = torch.optim.Adam(
                list(learnt), case.get("learningRate", 5e-4), weight_decay=case.get("weightDecay", 1e-6),
                fused=True)
            self.step = lambda: self.train(loss, adam)
        else:
            self.step = lambda: self.infer(forward)

    def precision(self):
        return torch.autocast("cpu", torch.bfloat16) if self.half else contextlib.nullcontext()

    def answers(self):
        with self.precision():
            return self.model.answers(self.model(self.images))

    def loss(self):
        with self.precision():
            return self.model.loss(self.images, self.targets)

    def infer(self, forward):
        with torch.inference_mode():
            return forward().sum().item()

    def train(self, loss, adam):
        adam.zero_grad()
        value = loss()
        value.backward()
        adam.step()
        return value.item()


def learnt_numbers(model):
    """Of the detector, without what only training has."""
    apart = {p for part in model.training_only for p in part.parameters()}
    return sum(p.numel() for p in model.parameters() if p.requires_grad and p not in apart)


def describe(_):
    capability = torch.backends.cpu.get_cpu_capability()
    return {"name": "PyTorch", "version": torch.__version__, "threads": torch.get_num_threads(),
            "detail": f"CPU capability {capability}"}


def prepare(request):
    global work
    work = None  # two at once would need the memory of both
    work = Work(request)
    values = [work.step() for _ in range(2)]  # the first compiles and allocates
    return {"parameters": learnt_numbers(work.model), "value": values[-1]}


def check(request):
    """What both sides must agree on before they are timed: logits, and the training loss."""
    one = Work({**request, "variant": "contiguous"}, quiet=True)
    with torch.no_grad():
        one.model.eval()
        answers = one.answers().flatten().tolist()
        one.model.train()
        loss = one.loss().item()
    return {"parameters": learnt_numbers(one.model), "logits": answers, "loss": loss}


KINDS = (("batch norm", "batch_norm"), ("pooling", "pool"), ("matrix product", "mm"),
         ("Fourier transform", "fft"))  # a part of the names that PyTorch's operations of a kind have


def kind_of(name, args):
    if "conv" in name:
        filters = [x for x in args if isinstance(x, torch.Tensor) and x.dim() == 4][-1]
        return "depthwise convolution" if filters.shape[1] == 1 else "convolution"
    return next((kind for kind, part in KINDS if part in name), "rest")


class OperationTimes(TorchDispatchMode):
    """Seconds of processor time by kind of operation, of all threads, forward and backward."""

    def __init__(self):
        super().__init__()
        self.times = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        start = time.process_time()
        outputs = function(*args, **(kwargs or {}))
        kind = kind_of(function.name(), args)
        self.times[kind] = self.times.get(kind, 0) + time.process_time() - start
        return outputs


def operations(request):
    """Where the time of one pass goes: forward and backward, without the optimiser."""
    one = Work({**request, "variant": request["variant"].removeprefix("compile_")}, quiet=True)

    def run():
        if request["case"]["work"] == "inference":
            with torch.no_grad():
                return one.answers()
        one.model.zero_grad()
        return one.loss().backward()

    run()
    with OperationTimes() as spent:
        run()
    return {"times": spent.times}


def burst(request):
    start = time.perf_counter()
    for _ in range(request["steps"]):
        value = work.step()
    return {"seconds": time.perf_counter() - start, "value": value}


def peak(request):
    """Operations a second of the best of several products of two square matrices."""
    side, kind = request["side"], TYPES[request["precision"]]
    a, b = (torch.randn(side, side).to(kind) for _ in range(2))
    best = float("inf")
    for _ in range(request["repeats"] + 1):
        start = time.perf_counter()
        torch.mm(a, b)
        best = min(best, time.perf_counter() - start)
    return {"flops": 2 * side**3 / best}


def main():
    commands = {f.__name__: f for f in (describe, prepare, check, operations, burst, peak)}
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = commands[request["do"]](request)
        except Exception as error:  # noqa: BLE001: the coordinator reports it and goes on
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")


main()
