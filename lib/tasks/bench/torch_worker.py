"""The PyTorch side of the bench: a JSON request a line on standard input, a JSON reply a line on
standard output. Ends when its input ends. Requests: see lib/tasks/bench/worker_protocol.ts."""

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

from torch_case import Work  # noqa: E402
from torch_device import (  # noqa: E402
    Refused, allow_tensor_float32, chosen_device, element_type, most_memory, rounds_to_tensor_float32, title)

ASKED = os.environ.get("FORGERY_CLUES_BENCH_DEVICE", "cpu")
TF32 = os.environ.get("FORGERY_CLUES_BENCH_TF32", "1") == "1"
device = work = None  # chosen by begin, made by prepare


def wait():
    """Until the device has done all that it was told: a call only queues it on a GPU."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def learnt_numbers(model):
    """Of the detector, without what only training has."""
    apart = {p for part in model.training_only for p in part.parameters()}
    return sum(p.numel() for p in model.parameters() if p.requires_grad and p not in apart)


def describe(_):
    name = "CPU:0" if device.type == "cpu" else f"GPU:{device.index}"
    return {"name": "PyTorch", "version": torch.__version__, "threads": torch.get_num_threads(),
            "device": name, "tensorFloat32": rounds_to_tensor_float32(device, torch), "detail": title(device, torch)}


def prepare(request):
    global work
    work = None  # two at once would need the memory of both
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    work = Work(request, device)
    values = [work.step() for _ in range(2)]  # the first compiles and allocates
    return {"parameters": learnt_numbers(work.model), "value": values[-1], **most_memory(device, torch)}


def check(request):
    """What both sides must agree on before they are timed: logits, and the training loss."""
    one = Work({**request, "variant": "contiguous"}, device, quiet=True)
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
    one = Work({**request, "variant": request["variant"].removeprefix("compile_")}, device, quiet=True)

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
    wait()
    start = time.perf_counter()
    for _ in range(request["steps"]):
        value = work.step()
    wait()
    return {"seconds": time.perf_counter() - start, "value": value}


def peak(request):
    """Operations a second of the best of several products of two square matrices."""
    side, kind = request["side"], element_type(request["precision"], device, torch)
    a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
    best = float("inf")
    for _ in range(request["repeats"] + 1):
        wait()
        start = time.perf_counter()
        torch.mm(a, b)
        wait()
        best = min(best, time.perf_counter() - start)
    return {"flops": 2 * side**3 / best}


def begin():
    """Chooses the device, once, at the first question: where there is none, that is the answer."""
    global device
    device = chosen_device(ASKED, torch)
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.backends.cudnn.benchmark = True  # the fastest algorithm for each shape, as TensorFlow looks for it
        allow_tensor_float32(TF32, torch)


def main():
    commands = {f.__name__: f for f in (describe, prepare, check, operations, burst, peak)}
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if device is None:
                begin()
            reply = commands[request["do"]](request)
        except Refused as error:
            reply = {"error": str(error), "refused": True}
        except Exception as error:  # noqa: BLE001: the coordinator reports it and goes on
            reply = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(reply) + "\n")


main()
