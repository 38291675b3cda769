"""Our own requests to Deno's kernel, of which Jupyter sees nothing: whether it is there, to begin the guard
inside it (guard_cells.ts), for the text to run in the place of a cell's, and for a mark behind the last of
its outputs, which Deno's kernel sends when it has long said that it is idle.
"""

import json
import sys
import time
import uuid
from pathlib import Path

GUARD = Path(__file__).with_name("guard_cells.ts")
GLOBAL = "globalThis[Symbol.for('forgery-clues.guard')]"
MARK = "\0forgery-clues"
CELL_TYPE = "application/vnd.forgery-clues.cell+json"
AGAIN_SECONDS = 0.03  # between two questions whether outputs come through
SILENT = {
    "silent": True,
    "store_history": False,
    "user_expressions": {},
    "allow_stdin": False,
    "stop_on_error": False,
}


class Guard:
    """Asks, and hears the answers.

    Calls `on_there` once Deno's kernel is there, `on_ready` once cells can run, `on_text` with a cell's text,
    or None where there is none, and `on_end` when all outputs of a cell have come.
    """

    def __init__(self, wire, shell, stop_file, on_there, on_ready, on_text, on_end):
        self.wire, self.shell, self.stop_file = wire, shell, stop_file
        self.on_there, self.on_ready, self.on_text, self.on_end = on_there, on_ready, on_text, on_end
        self.asked = set()  # identifiers of our requests
        self.begun = self.preparing = None  # those of them that matter
        self.mark, self.ways = None, set()  # of the cell that ends, and the ways on which it is to come
        self.due = time.monotonic()  # when to ask whether Deno's kernel is there; None once it is
        self.ready = False  # cells can run
        self.works = False  # cells can be stopped

    def ask(self, code=None):
        """Sends a request to run code that leaves no trace, or one for just an answer."""
        header = self.wire.header("kernel_info_request" if code is None else "execute_request")
        content = {} if code is None else {"code": code, **SILENT}
        self.asked.add(header["msg_id"])
        self.shell.send_multipart(self.wire.pack([], header, {}, content))
        return header["msg_id"]

    def tick(self, now):
        if self.due is not None and now >= self.due:
            self.due = now + 1
            self.ask()

    def prepare(self, code):
        """Asks for the text to run in the place of `code`."""
        self.preparing = self.ask(f"{GLOBAL}.begin({json.dumps(code)})")

    def end(self):
        """Asks for a mark behind a cell's outputs."""
        self.mark, self.ways = f"{MARK} {uuid.uuid4().hex}", {"stream", "display_data"}
        self.ask(f"{GLOBAL}.end({json.dumps(self.mark)})")

    def mark_came(self, mark, way):
        if mark == self.mark:
            self.ways.discard(way)
            if not self.ways:
                self.mark = None
                self.on_end()

    def replied(self, message):
        """Hears an answer to one of our requests."""
        ok = message.content["status"] == "ok"
        if self.due is not None:  # it is there, and its outputs do not come through yet
            self.due = time.monotonic() + AGAIN_SECONDS
        elif message.parent_identifier == self.begun:
            self.ready, self.works = True, ok
            if not ok:
                print("Cells cannot be stopped:", message.content, file=sys.stderr)
            self.on_ready()
        elif message.parent_identifier == self.preparing and not ok:
            self.preparing = None
            self.on_text(None)

    def published(self, message):
        """Hears an output under one of our requests; returns whether it is ours and not a cell's."""
        if self.due is not None:
            self.due = None
            self.on_there()
            url, stop_file = json.dumps(GUARD.as_uri()), json.dumps(str(self.stop_file))
            self.begun = self.ask(f"{GLOBAL} = (await import({url})).guardCells({stop_file}); undefined")
        if message.kind == "stream" and message.content["text"].startswith(MARK):
            self.mark_came(message.content["text"].rstrip("\n"), "stream")
            return True
        text = message.content.get("data", {}).get(CELL_TYPE)
        if text is not None and message.parent_identifier == self.preparing:
            self.preparing = None
            self.on_text(text)
        elif text is not None:
            self.mark_came(text, "display_data")
        return text is not None or message.kind in ("status", "execute_input")
