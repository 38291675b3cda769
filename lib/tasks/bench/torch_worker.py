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

from torch_model import AutomaticWeights, Detector, fill, images, objective  # noqa: E402

TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Work:
    """One case, ready to run: model, optimiser, batch, and `step`, which returns a number."""

    def __init__(self, request, dropout=0.5):
        case, layout = request["case"], torch.contiguous_format
        if request["variant"] in ("channels_last", "compile_channels_last"):
            layout = torch.channels_last
        self.model = Detector(case["blocks"], case["width"], dropout)
        with torch.no_grad():
            fill(self.model)
        self.model.to(memory_format=layout)
        self.images = images(case["batch"], case["size"], "bench").to(memory_format=layout)
        self.labels = torch.arange(case["batch"]) % 2
        self.weights = AutomaticWeights(3 if case["blocks"] > 1 else 2)
        self.half = case["precision"] == "bfloat16"
        self.model.train(case["work"] == "training")
        forward, loss = self.logits, self.loss
        if request["variant"].startswith("compile"):
            forward, loss = torch.compile(forward), torch.compile(loss)
        if case["work"] == "training":
            parameters = [*self.model.parameters(), *self.weights.parameters()]
            adam = torch.optim.Adam(parameters, 5e-4, weight_decay=1e-6, fused=True)
            self.step = lambda: self.train(loss, adam)
        else:
            self.step = lambda: self.infer(forward)

    def precision(self):
        return torch.autocast("cpu", torch.bfloat16) if self.half else contextlib.nullcontext()

    def logits(self):
        with self.precision():
            return self.model(self.images)

    def loss(self):
        return objective(self.logits(), self.labels, self.weights)

    def infer(self, forward):
        with torch.inference_mode():
            return forward()[0].sum().item()

    def train(self, loss, adam):
        adam.zero_grad()
        value = loss()
        value.backward()
        adam.step()
        return value.item()


def describe(_):
    capability = torch.backends.cpu.get_cpu_capability()
    return {"name": "PyTorch", "version": torch.__version__, "threads": torch.get_num_threads(),
            "detail": f"CPU capability {capability}"}


def prepare(request):
    global work
    work = Work(request)
    values = [work.step() for _ in range(2)]  # the first compiles and allocates
    return {"parameters": sum(p.numel() for p in work.model.parameters()), "value": values[-1]}


def check(request):
    """What both sides must agree on before they are timed: logits, and the training loss."""
    one = Work({**request, "variant": "contiguous"}, dropout=0)
    parameters = sum(p.numel() for p in one.model.parameters())
    with torch.no_grad():
        one.model.eval()
        joint, leave_one_out, whole = one.logits()
        one.model.train()
        loss = one.loss().item()
    heads = [joint, *leave_one_out, whole]
    return {"parameters": parameters, "logits": torch.cat(heads).flatten().tolist(), "loss": loss}


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
    commands = {f.__name__: f for f in (describe, prepare, check, burst, peak)}
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = commands[request["do"]](request)
        except Exception as error:  # noqa: BLE001: the coordinator reports it and goes on
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")


main()
