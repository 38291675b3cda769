"""A case of the bench in PyTorch: its network and batch on the device, and a step of it in one of the ways."""

import torch

import torch_detectors
from torch_device import element_type
from torch_model import Detector, fill, images, masks


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

    def __init__(self, request, device, quiet=False):
        case, variant = request["case"], request["variant"]
        self.device = device
        self.type = element_type(case["precision"], device, torch)
        layout = torch.channels_last if variant.endswith("channels_last") else torch.contiguous_format
        self.model = model_of(case, quiet)
        with torch.no_grad():
            fill(self.model)
        self.model.to(device, memory_format=layout)
        for part in self.model.training_only:
            part.to(device)
        batch, size = case["batch"], case["size"]
        self.images = images(batch, size, "bench").to(device, memory_format=layout)
        targets = {"labels": torch.arange(batch) % 2, "masks": masks(batch, size, "bench.masks")}
        self.targets = {name: values.to(device) for name, values in targets.items()}
        self.model.train(case["work"] == "training")
        self.forward, self.objective = self.answers, self.loss
        if variant.startswith("compile"):
            self.forward, self.objective = torch.compile(self.forward), torch.compile(self.objective)
        if case["work"] == "training":
            parts = [self.model, *self.model.training_only]
            learnt = dict.fromkeys(p for part in parts for p in part.parameters() if p.requires_grad)
            self.adam = torch.optim.Adam(
                list(learnt), case.get("learningRate", 5e-4), weight_decay=case.get("weightDecay", 1e-6),
                fused=True, capturable=device.type == "cuda")
            self.scaler = torch.amp.GradScaler(device.type, enabled=self.type is torch.float16)
        run = self.train if case["work"] == "training" else self.infer
        if variant.startswith("graph"):
            run = self.graphed(case["work"])
        self.step = lambda: run().item()

    def precision(self):
        return torch.autocast(self.device.type, self.type, enabled=self.type is not torch.float32)

    def answers(self):
        with self.precision():
            return self.model.answers(self.model(self.images))

    def loss(self):
        with self.precision():
            return self.model.loss(self.images, self.targets)

    def infer(self):
        with torch.inference_mode():
            return self.forward().sum()

    def backward(self):
        self.adam.zero_grad()
        value = self.objective()
        self.scaler.scale(value).backward()
        return value

    def update(self):
        self.scaler.step(self.adam)
        self.scaler.update()

    def train(self):
        value = self.backward()
        self.update()
        return value

    def graphed(self, kind):
        """The step as a CUDA graph; where the loss is scaled, without the update, which waits for the device."""
        whole = self.train if kind == "training" else self.infer
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(3):
                whole()
        torch.cuda.current_stream().wait_stream(aside)
        scales = kind == "training" and self.scaler.is_enabled()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            value = self.backward() if scales else whole()

        def run():
            graph.replay()
            if scales:
                self.update()
            return value

        return run
