"""What stands in `lib` about a name that a cell imports: its signature and documentation, for Shift+Tab."""

import re
import subprocess
import threading
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 20
IMPORT = re.compile(r"""import\s+(?:type\s+)?\{([^}]*)\}\s*from\s*["'](lib/[^"']+)["']""")
NAME = re.compile(r"[A-Za-z_$][\w$]*")


class Documentation:
    """Knows where names come from, and asks `deno doc` beside everything else; calls `wake` when it has said."""

    def __init__(self, deno, wake):
        self.deno, self.wake = deno, wake
        self.places = {}  # file and name there, by the name in cells
        self.found = deque()  # what was asked, with the text, if any

    def learn(self, code):
        """Takes note of what `code` imports."""
        for names, file in IMPORT.findall(code):
            for each in names.split(","):
                words = [word for word in NAME.findall(each) if word not in ("type", "as")]
                if words:
                    self.places[words[-1]] = (file, words[0])

    def place(self, content):
        """The place of the name that an inspect_request asks for, or of the call around it, if it is known."""
        code, position = content.get("code", ""), content.get("cursor_pos", 0)
        self.learn(code)
        for match in NAME.finditer(code):
            if match.start() <= position <= match.end():
                if match[0] in self.places:
                    return self.places[match[0]]
        depth = 0
        for index in range(min(position, len(code)) - 1, -1, -1):
            depth += {")": 1, "(": -1}.get(code[index], 0)
            if depth < 0:  # inside of this parenthesis
                depth = 0
                called = re.search(r"([\w$]+)\s*(<[^<>()]*>)?\s*$", code[:index])
                if called and called[1] in self.places:
                    return self.places[called[1]]
        return None

    def ask(self, place, question):
        """Looks the place up; `found` then gets the question with the text."""
        threading.Thread(target=self.look_up, args=(place, question), daemon=True).start()

    def look_up(self, place, question):
        file, name = place
        text = None
        try:
            result = subprocess.run(
                [self.deno, "doc", "--filter", name, file],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
            )
            if result.returncode == 0:
                text = result.stdout.decode(errors="replace").replace(f"{ROOT.as_uri()}/", "").strip()
        except (OSError, subprocess.TimeoutExpired):
            pass  # nothing is known, then
        self.found.append((question, text))
        self.wake()
