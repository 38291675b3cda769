"""Runs one notebook headless in a fresh kernel and keeps its outputs, clean, if all of it passed.

    python run_notebook.py NOTEBOOK [--profile quick] [--check] [--solutions] [--timeout 1800] [--times FILE]

The outputs are kept in the notebook's own file, replaced in one move at the end: a run that fails,
is stopped or is killed leaves it as it was. The kernel ends with this program, however it ends.
lib/tasks/notebooks.ts starts it and names the project's folder as the working folder.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

# jsonschema takes seconds to compile this package's grammar of IRIs, and does without it: no notebook's
# schema has an IRI.
sys.modules["rfc3987_syntax"] = None

import nbformat
from jupyter_client.utils import ensure_async
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from notebook_client import CellRunner, UncaughtError
from notebook_exercises import fill_in

HEARTBEAT_SECONDS = 10
LARGEST_BYTES = 300_000
WATCHER = Path(__file__).parent / "setup" / "watch_starter.py"


class Progress:
    """Prints a line for each code cell, with the time it took and the time left."""

    def __init__(self, notebook, times_file):
        self.cells = [i for i, cell in enumerate(notebook.cells) if is_code(cell)]
        self.times_file = times_file
        self.known = read_times(times_file)
        self.taken = []
        self.stopped = False
        self.begun = self.cell_begun = time.monotonic()
        self.current = None  # the number of the cell that is running, among the code cells
        self.latest = None  # of the last one that was begun

    def start(self, cell, cell_index):
        if is_code(cell):
            self.current = self.latest = self.cells.index(cell_index)
            self.cell_begun = time.monotonic()

    def done(self, cell, cell_index, execute_reply):
        if not is_code(cell) or execute_reply["content"]["status"] != "ok":
            return
        seconds = time.monotonic() - self.cell_begun
        self.taken.append(seconds)
        self.say(f"{first_line(cell)}  {seconds:.1f} s; {self.elapsed()}{self.left()}")
        self.current = None

    async def heartbeat(self):
        while True:
            await asyncio.sleep(1)
            seconds = round(time.monotonic() - self.cell_begun)
            if self.current is not None and seconds > 0 and seconds % HEARTBEAT_SECONDS == 0:
                self.say(f"still running, {seconds} s; {self.elapsed()}{self.left()}")

    def say(self, text):
        print(f"  [{self.current + 1}/{len(self.cells)}] {text}", flush=True)

    def elapsed(self):
        return f"{time.monotonic() - self.begun:.0f} s so far"

    def left(self):
        """The time left, known only when an earlier run of the same cells was timed."""
        if len(self.known) != len(self.cells):
            return ""
        total = sum(self.known) - (time.monotonic() - self.begun)
        return f", about {max(total, 0):.0f} s left"

    def keep(self):
        if self.times_file is not None:
            self.times_file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.times_file, json.dumps([round(t, 2) for t in self.taken]))


def is_code(cell):
    return cell.cell_type == "code" and cell.source.strip() != ""


def first_line(cell):
    line = next(line for line in cell.source.splitlines() if line.strip())
    return line if len(line) <= 60 else line[:59] + "…"


def read_times(path):
    try:
        return json.loads(path.read_text())
    except (AttributeError, OSError, ValueError):
        return []


def write_whole(path, text):
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


async def execute(notebook, path, arguments, progress):
    """Runs the cells in a kernel of their own, which is gone when this returns or throws."""
    loop = asyncio.get_running_loop()
    running = asyncio.current_task()
    heartbeat = asyncio.create_task(progress.heartbeat())
    watcher = None

    def stop():
        progress.stopped = True  # nbclient takes a cancelled task for a dead kernel: tell apart
        running.cancel()

    def listen_for_signals():
        for number in (signal.SIGINT, signal.SIGTERM):
            if os.name == "posix":
                loop.add_signal_handler(number, stop)

    client = CellRunner(
        notebook,
        listen_for_signals,
        kernel_name="deno",
        timeout=arguments.timeout,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=progress.start,
        on_cell_executed=progress.done,
    )
    try:
        async with client.async_setup_kernel():
            watcher = watch(client.km.provisioner.pid)
            reply = await client.async_wait_for_reply(await ensure_async(client.kc.kernel_info()))
            notebook.metadata["language_info"] = reply["content"]["language_info"]
            await client.run_cells()
    finally:
        heartbeat.cancel()
        if client.km is not None and await ensure_async(client.km.is_alive()):
            await ensure_async(client.km.shutdown_kernel(now=True))
        if watcher is not None:
            watcher.kill()
            watcher.wait()


def watch(pid):
    """Ends the kernel's process group when we are gone: the watcher's standard input then closes."""
    return subprocess.Popen(
        [sys.executable, "-B", WATCHER, str(pid), "--group"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def clean(notebook, root):
    """Removes what differs between machines and runs: paths, timings, widget state."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["kernelspec"] = {
        "display_name": "Deno",
        "language": "typescript",
        "name": "deno",
    }
    replacements = [(f"file://{root}/", ""), (f"{root}/", ""), (str(root), "."),
                    (str(Path.home()), "~")]
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("execution", None)
        cell.setdefault("id", f"cell-{number}")
        if "outputs" in cell:
            cell.outputs = [nbformat.from_dict(replaced(o, replacements)) for o in cell.outputs]


def replaced(value, replacements):
    if isinstance(value, str):
        for old, new in replacements:
            value = value.replace(old, new)
        return value
    if isinstance(value, list):
        return [replaced(item, replacements) for item in value]
    if isinstance(value, dict):
        return {key: replaced(item, replacements) for key, item in value.items()}
    return value


def check_size(text, notebook):
    if len(text.encode()) < LARGEST_BYTES:
        return
    sizes = [(len(json.dumps(cell.get("outputs", []))), n) for n, cell in enumerate(notebook.cells)]
    size, number = max(sizes)
    sys.exit(
        f"  Not kept: with its outputs the notebook has {len(text.encode()) / 1000:.0f} kB, and "
        f"{LARGEST_BYTES // 1000} are allowed. Cell {number + 1} alone has {size / 1000:.0f} kB: "
        "make its figure smaller or show fewer points."
    )


def explain(error, notebook, index):
    """What went wrong, with the cell it went wrong in."""
    if isinstance(error, UncaughtError):
        return (
            f"  Failed: an error that no cell waited for, of a promise or a timer. It came in or after "
            f"cell {index + 1}:\n  {error}"
        )
    if isinstance(error, CellTimeoutError):
        words = "The cell did not end within the time allowed (--timeout)."
    elif isinstance(error, DeadKernelError):
        words = "The kernel died; when memory is short, the system ends it."
    elif isinstance(error, CellExecutionError):
        words = f"{error.ename}: {error.evalue}\n{error.traceback}".strip()
    else:
        words = f"{type(error).__name__}: {error}"
    source = "\n".join("    " + line for line in notebook.cells[index].source.splitlines())
    return f"  Failed in cell {index + 1}:\n{source}\n  {words}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--solutions", action="store_true")  # in their exercises' cells; with --check
    parser.add_argument("--timeout", type=float, default=1800)
    parser.add_argument("--times", type=Path)
    arguments = parser.parse_args()
    os.environ["FORGERY_CLUES_PROFILE"] = arguments.profile

    path = arguments.notebook.resolve()
    if arguments.check or arguments.profile == "smoke":  # its figures must not replace real ones
        trial = Path(__file__).resolve().parents[2] / ".cache" / "results"
        os.environ["FORGERY_CLUES_RESULTS"] = str(trial)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    if arguments.solutions:
        fill_in(notebook)
    progress = Progress(notebook, arguments.times)
    try:
        asyncio.run(execute(notebook, path, arguments, progress))
    except (Exception, KeyboardInterrupt, asyncio.CancelledError) as error:
        if progress.stopped or isinstance(error, KeyboardInterrupt):
            print("  Stopped; the notebook is as it was.", flush=True)
            sys.exit(130)
        number = progress.latest if isinstance(error, UncaughtError) else progress.current
        if number is None:
            raise
        print(explain(error, notebook, progress.cells[number]), flush=True)
        sys.exit(1)
    progress.keep()
    if arguments.check:
        return
    clean(notebook, Path.cwd())
    text = nbformat.writes(notebook) + "\n"
    check_size(text, notebook)
    write_whole(path, text)


if __name__ == "__main__":
    main()
