"""The cells on their way to Deno's kernel and back, and what that kernel leaves out:

- a syntax error is shown, with its line;
- Stop ends a cell (guard_cells.ts does it, inside the kernel) and never the kernel;
- an error that no cell waits for makes the cell that runs fail;
- cells that wait behind one that fails are not run, as with other kernels;
- a cell is over when its outputs have come;
- a name of `lib` has its documentation.
"""

import shutil
import tempfile
import time
from collections import deque
from pathlib import Path

from documentation import Documentation
from guard import Guard
from syntax_error import find_syntax_error

LATE_SECONDS = 2  # the longest that a cell's last outputs are waited for
LOOP_SECONDS = 0.2  # after which loops are stopped that no signal has ended
STOP_SECONDS = 3  # after which a person is told that a cell has not ended yet
NOT_ENDED = (
    "Stop: this cell has been asked to end and has not yet. A training run first finishes its step; work "
    "inside a library ends when it comes back to the cell. Press Stop again to give up what the cell waits "
    "for; Restart ends it at once, with all variables.\n"
)
NOT_STOPPABLE = "Stop: this cell cannot be stopped; Restart ends it, with all variables.\n"


class Cell:
    """A cell that runs."""

    def __init__(self, request):
        self.request = request
        self.code = request.content.get("code", "")
        self.reply = self.idle = None
        self.end = self.loop_stop = self.stop_end = None  # when something is due
        self.stop_early = False  # asked for before it ran
        self.error = None  # the content of what was shown last


class Cells:
    """The shell, iopub and stdin channels of both sides."""

    def __init__(self, wire, client, inner, deno):
        self.wire, self.client, self.inner, self.deno = wire, client, inner, deno
        self.folder = Path(tempfile.mkdtemp(prefix="forgery-clues-"))
        self.stop_file = self.folder / "stop"
        self.waiting = deque()  # the client's requests that have not been passed on
        self.senders = {}  # who sent a request that was passed on, by its identifier
        self.cell = None
        self.last = None  # the header of the cell that runs or ran last
        self.documentation = Documentation(deno.program, deno.wake)
        self.guard = Guard(
            wire,
            inner["shell"],
            self.stop_file,
            on_there=deno.forget_file,
            on_ready=self.advance,
            on_text=self.run,
            on_end=self.outputs_came,
        )

    # The client's requests, in their order.

    def from_client(self, frames):
        message = self.wire.read(frames)
        if message is None:
            return
        if message.kind == "inspect_request":
            place = self.documentation.place(message.content)
            if place is not None:
                self.documentation.ask(place, message)
                return
        self.waiting.append(message)
        self.advance()

    def advance(self):
        while self.waiting and self.cell is None:
            if self.waiting[0].kind != "execute_request":
                message = self.waiting.popleft()
                self.senders[message.identifier] = message.identities
                self.inner["shell"].send_multipart(message.without_identities())
            elif self.guard.ready:
                self.begin(self.waiting.popleft())
            else:
                return

    def begin(self, request):
        self.cell = Cell(request)
        self.documentation.learn(self.cell.code)
        self.last = request.header
        self.stop_file.unlink(missing_ok=True)
        if self.guard.works:
            self.guard.prepare(self.cell.code)
        else:
            self.run(None)

    def run(self, text):
        """Has the cell run, with `text` in the place of its own, if any."""
        request = self.cell.request
        content = request.content if text is None else {**request.content, "code": text}
        self.inner["shell"].send_multipart(self.wire.changed(request, content, identities=[]))
        if self.cell.stop_early:
            self.stop()

    # What comes from Deno's kernel.

    def replied(self, frames):
        message = self.wire.read(frames)
        parent = message.parent_identifier
        if parent in self.guard.asked:
            self.guard.replied(message)
        elif self.is_of_cell(message):
            self.cell.reply = message
            self.perhaps_over()
        elif (sender := self.senders.pop(parent, None)) is not None:
            self.client["shell"].send_multipart([*sender, *message.without_identities()])

    def published(self, frames):
        message = self.wire.read(frames)
        ours = message.parent_identifier in self.guard.asked
        if ours and (self.guard.published(message) or self.last is None):
            return
        if ours:  # an output of a cell, while a request of ours was the last that Deno's kernel saw
            frames = self.wire.changed(message, parent=self.last)
        if self.cell and message.kind == "error":  # of this cell, or of something that still runs
            self.cell.error = message.content
            frames = self.wire.changed(message, parent=self.last)
        elif self.is_of_cell(message) and message.kind == "execute_input":
            frames = self.wire.changed(message, {**message.content, "code": self.cell.code})
        elif self.is_of_cell(message) and message.content.get("execution_state") == "idle":
            self.cell.idle = frames
            self.perhaps_over()
            return
        self.client["iopub"].send_multipart(frames)

    def is_of_cell(self, message):
        return self.cell and message.parent_identifier == self.cell.request.identifier

    # The end of a cell.

    def perhaps_over(self):
        if self.cell.reply is not None and self.cell.idle is not None:
            self.cell.end = time.monotonic()
            if self.guard.works:
                self.cell.end += LATE_SECONDS
                self.guard.end()

    def outputs_came(self):
        if self.cell and self.cell.end is not None:
            self.cell.end = time.monotonic()

    def finish(self):
        cell, self.cell = self.cell, None
        content = cell.reply.content
        if content["status"] == "error" and not content["traceback"] and cell.error is None:
            content = {**content, **self.explain(cell)}
            self.publish("error", {key: content[key] for key in ("ename", "evalue", "traceback")})
        elif content["status"] == "ok" and cell.error is not None:
            content = {**content, "status": "error", **cell.error}
        self.client["iopub"].send_multipart(cell.idle)
        sender = cell.request.identities
        self.client["shell"].send_multipart(self.wire.changed(cell.reply, content, identities=sender))
        self.stop_file.unlink(missing_ok=True)
        if content["status"] == "error" and cell.request.content.get("stop_on_error", True):
            self.abort_waiting()
        self.advance()

    def explain(self, cell):
        """The error of a cell that Deno's kernel could not run and says nothing of."""
        found = find_syntax_error(self.deno.program, cell.code)
        if found is None:
            return {"traceback": [f"{cell.reply.content['ename']}: {cell.reply.content['evalue']}"]}
        words, pointer = found
        return {"ename": "SyntaxError", "evalue": words, "traceback": [f"SyntaxError: {words}", *pointer]}

    def abort_waiting(self):
        """Answers the cells that wait behind one that failed; other requests go on."""
        waiting, self.waiting = self.waiting, deque()
        for request in waiting:
            if request.kind != "execute_request":
                self.waiting.append(request)
                continue
            self.answer(request, "execute_reply", {"status": "aborted"})

    def answer(self, request, kind, content):
        """Answers a request that Deno's kernel has not seen."""
        self.publish("status", {"execution_state": "busy"}, request.header)
        header = self.wire.header(kind)
        frames = self.wire.pack(request.identities, header, request.header, content)
        self.client["shell"].send_multipart(frames)
        self.publish("status", {"execution_state": "idle"}, request.header)

    def publish(self, kind, content, parent=None):
        frames = self.wire.pack([kind.encode()], self.wire.header(kind), parent or self.last, content)
        self.client["iopub"].send_multipart(frames)

    # Input that a cell asks for.

    def input_asked(self, frames):
        message = self.wire.read(frames)
        if self.is_of_cell(message):
            sender = self.cell.request.identities
            self.client["stdin"].send_multipart([*sender, *message.without_identities()])

    def input_given(self, frames):
        message = self.wire.read(frames)
        if message is not None:
            self.inner["stdin"].send_multipart(message.without_identities())

    # Stop, and what is due at a time.

    def stop(self):
        """Asks the cell that runs to end."""
        if self.cell is None:
            return
        if not self.guard.works:
            self.say(NOT_STOPPABLE)
            return
        if self.guard.preparing is not None:
            self.cell.stop_early = True
            return
        self.deno.interrupt()
        now = time.monotonic()
        self.cell.loop_stop, self.cell.stop_end = now + LOOP_SECONDS, now + STOP_SECONDS

    def say(self, text):
        self.publish("stream", {"name": "stderr", "text": text})

    def due(self):
        """When `tick` has something to do, if ever."""
        times = [self.guard.due]
        if self.cell:
            times += [self.cell.end, self.cell.loop_stop, self.cell.stop_end]
        return min((t for t in times if t is not None), default=None)

    def tick(self, now):
        self.guard.tick(now)
        while self.documentation.found:
            request, text = self.documentation.found.popleft()
            data = {} if text is None else {"text/plain": text}
            content = {"status": "ok", "found": text is not None, "data": data, "metadata": {}}
            self.answer(request, "inspect_reply", content)
        cell = self.cell
        if cell is None:
            return
        if cell.loop_stop is not None and now >= cell.loop_stop:
            cell.loop_stop = None
            self.stop_file.touch()
        if cell.stop_end is not None and now >= cell.stop_end:
            cell.stop_end = None
            self.say(NOT_ENDED)
        if cell.end is not None and now >= cell.end:
            self.finish()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)
