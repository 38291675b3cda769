"""Our own requests to Deno's kernel, of which Jupyter sees nothing: whether it is there, to begin the guard
inside it (guard_cells.ts), and for the text to run in the place of a cell's.
"""

import json
import sys
import time
from pathlib import Path

GUARD = Path(__file__).with_name("guard_cells.ts")
GLOBAL = "globalThis[Symbol.for('forgery-clues.guard')]"
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
    """Asks, and hears the answers; `on_ready` is called once cells can run, `on_text` with a cell's text."""

    def __init__(self, wire, shell, stop_file, on_there, on_ready, on_text):
        self.wire, self.shell, self.stop_file = wire, shell, stop_file
        self.on_there, self.on_ready, self.on_text = on_there, on_ready, on_text
        self.asked = set()  # identifiers of our requests
        self.begun = self.preparing = None  # those of them that matter
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
        text = message.content.get("data", {}).get(CELL_TYPE)
        if text is not None and message.parent_identifier == self.preparing:
            self.preparing = None
            self.on_text(text)
        return text is not None or message.kind in ("status", "execute_input")
