"""The bench's own worker in turn with PyTorch on the same GPU, case by case: short bursts, medians.
`bench.py training|inference|all [batches]`; `bench.py check [batch]` compares what both compute instead.
Figures go to standard output as FIGURE {json}. The environment says where the code and Deno are
(GPU_KIT_APP, GPU_KIT_DENO), and for a rehearsal GPU_KIT_SIZE, GPU_KIT_WIDTH, GPU_KIT_BLOCKS,
GPU_KIT_ROUNDS, GPU_KIT_GRAPHS=0 and GPU_KIT_THREADS."""

import json
import os
import statistics
import subprocess
import sys
import time

APP, DENO = os.environ["GPU_KIT_APP"], os.environ["GPU_KIT_DENO"]
KIT = os.path.dirname(os.path.abspath(__file__))
SIZE = int(os.environ.get("GPU_KIT_SIZE", "224"))
WIDTH = float(os.environ.get("GPU_KIT_WIDTH", "1"))
BLOCKS = int(os.environ.get("GPU_KIT_BLOCKS", "4"))
ROUNDS = int(os.environ.get("GPU_KIT_ROUNDS", "5"))
# What passes for rounding with TF32 off, as in lib/tasks/bench/agreement.ts.
PASSES = {"logits": 1e-4, "loss": 1e-3}


class Worker:
    """A side of the bench, asked as lib/tasks/bench/worker_protocol.ts says."""

    def __init__(self, command, **more):
        self.child = subprocess.Popen(command, cwd=APP, env={**os.environ, **more}, text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, what, **request):
        try:
            self.child.stdin.write(json.dumps({"do": what, **request}) + "\n")
            self.child.stdin.flush()
            line = self.child.stdout.readline()
        except OSError:
            line = ""
        if not line:
            raise RuntimeError(f"the worker ended with {self.child.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"][:500])
        return answer

    def end(self):
        self.child.kill()
        self.child.wait()


def ours(**more):
    threads = os.environ.get("GPU_KIT_THREADS", str(min(8, os.cpu_count() or 2)))
    return Worker([DENO, "run", "-A", "--no-check", "--quiet", "lib/tasks/bench/deno_worker.ts"],
                  TF_FORCE_GPU_ALLOW_GROWTH="true", FORGERY_CLUES_BENCH_THREADS=threads, **more)


def torch(**more):
    return Worker([sys.executable, os.path.join(KIT, "torch_gpu_worker.py")], **more)


def say(**what):
    print("FIGURE " + json.dumps(what), flush=True)


def case(work, precision, batch):
    return {"work": work, "precision": precision, "blocks": BLOCKS, "size": SIZE, "batch": batch, "width": WIDTH}


def rate(worker, batch):
    """A function that measures images a second over about a third of a second."""
    once = worker.ask("burst", steps=3)["seconds"] / 3
    steps = max(2, round(0.35 / once))
    return lambda: batch * steps / worker.ask("burst", steps=steps)["seconds"]


def compare(work, batch, precisions, variants):
    """Both sides ready at once, the fastest of PyTorch's variants, and then in turn."""
    mine = yours = None
    try:
        began = time.perf_counter()
        measures, notes = {}, {}
        mine, yours = ours(), torch()
        described = mine.ask("describe")
        say(step="bench", who=described)
        if precisions[0] == "float16" and "CPU" in described["detail"]:
            precisions = ["bfloat16", "bfloat16"]  # what TensorFlow mixes on a processor
        try:
            say(step="bench", who=yours.ask("describe"))
        except RuntimeError as error:
            say(step="bench", who="torch", error=str(error))
            variants = []
        variant = "captured" if work == "training" else "captured_folded"
        try:
            notes["ours"] = mine.ask("prepare", case=case(work, precisions[0], batch), variant=variant)
            measures["ours"] = rate(mine, batch)
        except RuntimeError as error:
            notes["ours"] = {"error": str(error)}
        notes["ours"]["ready_s"] = time.perf_counter() - began
        best, chosen = 0, None
        for one in variants:
            try:
                yours.ask("prepare", case=case(work, precisions[1], batch), variant=one)
                speed = max(rate(yours, batch)() for _ in range(2))
                notes[one] = speed
                if speed > best:
                    best, chosen = speed, one
            except RuntimeError as error:
                notes[one] = str(error)
        if chosen:
            yours.ask("prepare", case=case(work, precisions[1], batch), variant=chosen)
            measures["torch"] = rate(yours, batch)
        speeds = {who: [] for who in measures}
        for _ in range(ROUNDS):
            for who, measure in measures.items():
                speeds[who].append(measure())
        middle = {who: statistics.median(all) for who, all in speeds.items()}
        say(step="bench", work=work, blocks=BLOCKS, batch=batch, precisions=precisions, torch_variant=chosen,
            images_per_second=middle, notes=notes, spread={w: [min(a), max(a)] for w, a in speeds.items()},
            ratio=middle["ours"] / middle["torch"] if len(middle) == 2 else None)
    except RuntimeError as error:
        say(step="bench", work=work, batch=batch, precisions=precisions, error=str(error))
    finally:
        for worker in (mine, yours):
            if worker:
                worker.end()


def check(batch):
    """Logits and loss of the same weights and images, float32, with TF32 off and on."""
    passes = True
    for tf32 in ("0", "1"):
        switch = {"NVIDIA_TF32_OVERRIDE": "0"} if tf32 == "0" else {}
        answers = {}
        for name, start in (("ours", ours), ("torch", torch)):
            worker = start(GPU_KIT_TF32=tf32, **switch)
            try:
                answers[name] = worker.ask("check", case=case("training", "float32", batch))
            except RuntimeError as error:
                say(step="check", tf32=tf32, who=name, error=str(error))
            worker.end()
        passes = passes and len(answers) == 2
        if len(answers) == 2:
            a, b = answers["ours"], answers["torch"]
            largest = max(abs(v) for v in b["logits"])
            logits = max(abs(x - y) for x, y in zip(a["logits"], b["logits"])) / largest
            loss = abs(a["loss"] - b["loss"]) / abs(b["loss"])
            parameters = [a["parameters"], b["parameters"]]
            say(step="check", tf32=tf32, parameters=parameters, logits=logits, loss=loss, passes_at=PASSES)
            if tf32 == "0":
                passes = passes and logits <= PASSES["logits"] and loss <= PASSES["loss"]
    return passes


def main():
    what, batches = sys.argv[1], [int(b) for b in (sys.argv[2] if len(sys.argv) > 2 else "8").split(",")]
    if what == "check":
        sys.exit(0 if check(batches[0]) else 1)
    eager = ["channels_last", "contiguous"]
    graphs = ["graph_channels_last"] if os.environ.get("GPU_KIT_GRAPHS", "1") == "1" else []
    for batch in batches:
        if what in ("training", "all"):
            compare("training", batch, ["float32", "float32"], eager + graphs)
            compare("training", batch, ["float16", "bfloat16"], eager + graphs)
        if what in ("inference", "all"):
            compare("inference", batch, ["float32", "float32"], eager)
            compare("inference", batch, ["float16", "bfloat16"], eager)


main()
