"""PyTorch's side of the loader bench: a DataLoader over JPEG crops with OpenCV and albumentations, or over
self-blended pairs made of them. A JSON request a line on standard input, a JSON reply a line on standard
output. Ends when its input ends. Requests: see lib/tasks/bench/data/torch_loader.ts."""

import json
import os
import signal
import sys
import time

signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator decides when this process ends
replies = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # whatever a library prints must not look like a reply
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import albumentations as A  # noqa: E402
import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from albumentations.pytorch import ToTensorV2  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402

from self_blended import SelfBlended  # noqa: E402


def augmentation(size):
    """The kinds and ranges of lib/batches/augmentation.ts, then ImageNet's mean and deviation."""
    return A.Compose([
        A.Resize(size, size),
        A.HorizontalFlip(p=0.5),
        A.Rotate(limit=10, border_mode=cv2.BORDER_REPLICATE, p=1),
        A.RandomBrightnessContrast(brightness_limit=0.1, contrast_limit=0.1, p=1),
        A.Normalize(),
        ToTensorV2(),
    ])


class Crops(Dataset):
    """Files and labels; a sample is a float32 tensor [3, size, size] and its label."""

    def __init__(self, paths, labels, size):
        self.paths, self.labels, self.transform = paths, labels, augmentation(size)

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        image = cv2.cvtColor(cv2.imread(self.paths[index], cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        return self.transform(image=image)["image"], self.labels[index]


def one_thread(_):
    cv2.setNumThreads(1)  # as many processes as cores: more threads only get into each other's way


class Worker:
    """Answers requests; `loader` is ready after `prepare`."""

    def describe(self, request):
        return {"version": f"PyTorch {torch.__version__}, OpenCV {cv2.__version__}, "
                           f"albumentations {A.__version__}"}

    def check(self, request):
        """Mean of red, green and blue of each picture, decoded and resized only."""
        means = []
        for path in request["paths"]:
            image = cv2.cvtColor(cv2.imread(path, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
            image = A.Resize(request["size"], request["size"])(image=image)["image"]
            means.extend(np.mean(image, axis=(0, 1)).tolist())
        return {"means": means}

    def differ(self, request):
        """How much the pairs of one pass differ: means of the mask, and of the difference of fake and real."""
        mask, change, images = 0.0, 0.0, 0
        for real, fake, weights in self.loader:
            images += len(real)
            mask += weights.double().mean((1, 2)).sum().item()
            change += (fake.double() - real.double()).abs().mean((1, 2, 3)).sum().item()
        return {"mask": mask / images, "change": change / images}

    def prepare(self, request):
        """`landmarks`: pairs are made of the crops; a batch of theirs is one of pairs."""
        paths, size = request["paths"], request["size"]
        crops = (SelfBlended(paths, request["landmarks"], size) if "landmarks" in request
                 else Crops(paths, request["labels"], size))
        self.loader = DataLoader(
            crops, batch_size=request["batch"], shuffle=True, drop_last=True,
            num_workers=request["processes"], persistent_workers=True, prefetch_factor=2,
            worker_init_fn=one_thread,
        )
        return self.epoch(request)

    def epoch(self, request):
        """Seconds for one pass, from asking for its first batch to having its last."""
        start, images = time.perf_counter(), 0
        for batch in self.loader:
            images += len(batch[0])
        return {"seconds": time.perf_counter() - start, "images": images}


worker = Worker()
for line in sys.stdin:
    request = json.loads(line)
    try:
        reply = getattr(worker, request["do"])(request)
    except Exception as error:  # goes to the coordinator, who knows what it asked for
        reply = {"error": f"{type(error).__name__}: {error}"}
    replies.write(json.dumps(reply) + "\n")
