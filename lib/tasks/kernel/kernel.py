"""The kernel that Jupyter starts: it stands between Jupyter and Deno's own kernel, and passes messages on.

    python kernel.py DENO CONNECTION_FILE

Deno's kernel runs the cells. What it leaves out is added on the way: cells.py says what.
"""

import json
import os
import signal
import socket
import sys
from pathlib import Path

from deno_process import DenoProcess


def main():
    program, file = sys.argv[1:]
    connection = json.loads(Path(file).read_text())
    woken, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # the relay reads it from `woken`
    deno = DenoProcess(program, file, connection, lambda: waker.send(b"\0"))
    try:
        from relay import Relay  # takes a while, in which Deno starts

        relay = Relay(deno, connection)
        relay.run(woken)
        relay.close()
    finally:
        code = deno.close()
    sys.stdout.flush()
    os._exit(code)  # without waiting for sockets or threads


if __name__ == "__main__":
    main()
