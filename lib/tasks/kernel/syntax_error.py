"""Finds where a cell's text stops being TypeScript, which Deno's kernel keeps to itself."""

import re
import subprocess

SECONDS = 5


def find_syntax_error(deno, code):
    """The error's words and a few lines that point at it, or None where `code` can be read.

    Deno's formatter reads the text with the parser of Deno's kernel, and runs nothing.
    """
    try:
        result = subprocess.run(
            [deno, "fmt", "--quiet", "--no-config", "--ext", "ts", "-"],
            input=code.encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = result.stderr.decode(errors="replace").splitlines()
    start = next((i for i, line in enumerate(lines) if "SyntaxError: " in line), None)
    if result.returncode == 0 or start is None:
        return None
    words = lines[start].split("SyntaxError: ", 1)[1]
    pointer = []
    for line in lines[start + 1 :]:
        place = re.match(r"\s+at .*:(\d+):(\d+)$", line)
        if place:
            pointer.append(f"    at line {place[1]}, column {place[2]} of the cell")
            break
        pointer.append(line)
    return words, pointer
