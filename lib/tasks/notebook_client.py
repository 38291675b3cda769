"""Runs a notebook's cells in a kernel and sees what nbclient does not: outputs that come late, and errors
that no cell waits for. Keeping and printing are left to run_notebook.py.
"""

import asyncio
import time
from queue import Empty

from jupyter_client.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, CellExecutionError

LATE_SECONDS = 0.15  # Deno's kernel sends some outputs after it has said that it is idle.
END_SECONDS = 0.5  # How long errors may still come after the last cell.

# How the kernel (kernel/guard_cells.ts) begins the trace of an error of a promise or a timer.
UNCAUGHT = "An error that no cell waited for"


class UncaughtError(Exception):
    """An error that no cell waited for: of a promise that was let go, or of a timer."""


class CellRunner(NotebookClient):
    """A client that waits a moment after "idle" for outputs that are still on their way.

    `on_kernel_start` is called just before the kernel starts, when nbclient's own signal handlers are in
    place and can be replaced.
    """

    def __init__(self, notebook, on_kernel_start, **options):
        # nbclient's own way of joining streams takes a time quadratic in the length of a line.
        super().__init__(notebook, coalesce_streams=False, **options)
        self.on_kernel_start = on_kernel_start

    async def async_start_new_kernel(self, **options):
        self.on_kernel_start()
        await super().async_start_new_kernel(**options)

    async def run_cells(self):
        """Runs all cells; raises nbclient's errors, and UncaughtError."""
        for index, cell in enumerate(self.nb.cells):
            await self.raise_uncaught(0)
            try:
                await self.async_execute_cell(cell, index)
            except CellExecutionError as error:
                raise_if_uncaught(error.traceback)
                raise
            if cell.cell_type == "code":
                cell.outputs = join_streams(cell.outputs)
                for output in cell.outputs:
                    if output.output_type == "error":
                        raise_if_uncaught("\n".join(output.traceback))
        await self.raise_uncaught(END_SECONDS)

    async def raise_uncaught(self, seconds):
        """Raises an error that came after the last cell, for so many seconds more."""
        end = time.monotonic() + seconds
        while True:
            left = max(0, end - time.monotonic())
            try:
                message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=left))
            except Empty:
                return
            if message["msg_type"] == "error":
                raise_if_uncaught("\n".join(message["content"]["traceback"]))

    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        await super()._async_poll_output_msg(parent_msg_id, cell, cell_index)
        end = time.monotonic() + LATE_SECONDS
        while (left := end - time.monotonic()) > 0:
            try:
                message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=left))
            except Empty:
                return
            if message["parent_header"].get("msg_id") == parent_msg_id:
                try:
                    self.process_message(message, cell, cell_index)
                except CellExecutionComplete:
                    pass


def raise_if_uncaught(trace):
    _, found, rest = trace.partition(UNCAUGHT)
    if found:
        raise UncaughtError(rest.split("\n", 1)[1])


def join_streams(outputs):
    """The outputs with one stream a name, where its first text came; stdout first of neighbours."""
    joined, texts = [], {}
    for output in outputs:
        if output.output_type != "stream":
            joined.append(output)
        elif output.name in texts:
            texts[output.name].append(output.text)
        else:
            texts[output.name] = [output.text]
            joined.append(output)
    streams = [output for output in joined if output.output_type == "stream"]
    for output in streams:
        output.text = as_on_terminal("".join(texts[output.name]))
    if [output.name for output in streams] == ["stderr", "stdout"]:
        first, second = (next(i for i, o in enumerate(joined) if o is s) for s in streams)
        if second == first + 1:
            joined[first:second + 1] = reversed(streams)
    return joined


def as_on_terminal(text):
    """The text after carriage returns and backspaces have had their effect, in time linear in its length."""
    if "\b" in text:
        kept = []
        for character in text:
            if character != "\b":
                kept.append(character)
            elif kept and kept[-1] != "\n":
                kept.pop()
        text = "".join(kept)
    if "\r" not in text:
        return text
    lines = []
    for line in text.split("\n"):
        body = line.rstrip("\r")
        lines.append(body.rsplit("\r", 1)[-1] + line[len(body):])
    return "\n".join(lines)
