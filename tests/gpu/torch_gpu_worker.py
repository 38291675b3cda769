"""PyTorch's side of the bench on a GPU: lib/tasks/bench/torch_worker.py computes on the CPU always.
The same requests and replies (lib/tasks/bench/worker_protocol.ts), the same model (torch_model.py).
Variants: contiguous or channels_last, each also with graph_ (CUDA graph) or compile_ before it."""

import contextlib
import json
import os
import sys
import time

replies = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
sys.path.insert(0, os.path.join(os.environ["GPU_KIT_APP"], "lib/tasks/bench"))

import torch  # noqa: E402
from torch_model import AutomaticWeights, Detector, fill, images, objective  # noqa: E402

GPU = torch.device("cuda" if torch.cuda.is_available() else "cpu")
TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
TF32 = os.environ.get("GPU_KIT_TF32", "1") == "1"
torch.backends.cuda.matmul.allow_tf32 = TF32
torch.backends.cudnn.allow_tf32 = TF32
torch.backends.cudnn.benchmark = True


def wait():
    if GPU.type == "cuda":
        torch.cuda.synchronize()


class Work:
    def __init__(self, request, dropout=0.5):
        case, variant = request["case"], request["variant"]
        layout = torch.channels_last if "channels_last" in variant else torch.contiguous_format
        self.model = Detector(case["blocks"], case["width"], dropout)
        with torch.no_grad():
            fill(self.model)
        self.model.to(GPU, memory_format=layout)
        self.images = images(case["batch"], case["size"], "bench").to(GPU, memory_format=layout)
        self.labels = (torch.arange(case["batch"]) % 2).to(GPU)
        self.weights = AutomaticWeights(3 if case["blocks"] > 1 else 2).to(GPU)
        self.half = TYPES[case["precision"]]
        self.model.train(case["work"] == "training")
        self.compute, loss = self.logits, self.loss
        if variant.startswith("compile"):
            self.compute, loss = torch.compile(self.logits), torch.compile(self.loss)
        if case["work"] == "training":
            parameters = [*self.model.parameters(), *self.weights.parameters()]
            self.adam = torch.optim.Adam(parameters, 5e-4, weight_decay=1e-6, fused=True, capturable=GPU.type == "cuda")
            self.one = loss
            self.step = self.graphed() if variant.startswith("graph") else self.train
        else:
            self.step = self.infer

    def precision(self):
        if self.half is torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(GPU.type, self.half)

    def logits(self):
        with self.precision():
            return self.model(self.images)

    def loss(self):
        return objective(self.logits(), self.labels, self.weights)

    def infer(self):
        with torch.inference_mode():
            return self.compute()[0].sum().item()

    def work(self):
        self.adam.zero_grad()
        value = self.one()
        value.backward()
        self.adam.step()
        return value

    def train(self):
        return self.work().item()

    def graphed(self):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.work()
        wait()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            value = self.work()

        def step():
            graph.replay()
            return value.item()

        return step


def describe(_):
    name = torch.cuda.get_device_name() if GPU.type == "cuda" else "cpu"
    return {"name": "PyTorch", "version": torch.__version__, "threads": torch.get_num_threads(),
            "detail": f"{name}, TF32 {TF32}, cuDNN {torch.backends.cudnn.version()}"}


def prepare(request):
    global work
    work = None
    if GPU.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    work = Work(request)
    values = [work.step() for _ in range(3)]
    memory = torch.cuda.max_memory_allocated() >> 20 if GPU.type == "cuda" else None
    return {"parameters": sum(p.numel() for p in work.model.parameters()), "value": values[-1],
            "detail": f"{memory} MiB at most"}


def check(request):
    one = Work({**request, "variant": "contiguous"}, dropout=0)
    with torch.no_grad():
        one.model.eval()
        joint, leave_one_out, whole = one.logits()
        one.model.train()
        loss = one.loss().item()
    heads = torch.cat([joint, *leave_one_out, whole]).float()
    return {"parameters": sum(p.numel() for p in one.model.parameters()),
            "logits": heads.flatten().tolist(), "loss": loss}


def burst(request):
    wait()
    start = time.perf_counter()
    for _ in range(request["steps"]):
        value = work.step()
    wait()
    return {"seconds": time.perf_counter() - start, "value": value}


def main():
    commands = {f.__name__: f for f in (describe, prepare, check, burst)}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = commands[request["do"]](request)
        except Exception as error:  # noqa: BLE001
            reply = {"error": f"{type(error).__name__}: {error}"[:500]}
        replies.write(json.dumps(reply) + "\n")


main()
