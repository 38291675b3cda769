"""Ends a process when the program that started this one is gone.

    python watch_starter.py PID [--group]

The starter holds our standard input open. When it ends, by kill -9 too, the input closes: the process
(with --group, its whole group) is asked to end, so that it can keep what it has, and killed when it is
still there ten seconds later.
"""

import os
import signal
import sys
import time

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the others
if hasattr(os, "setsid") and os.getpid() != os.getpgrp():
    os.setsid()  # what kills the starter's group shall not kill this

pid = int(sys.argv[1])
send = os.killpg if "--group" in sys.argv and hasattr(os, "killpg") else os.kill
while os.read(0, 1024):
    pass
try:
    send(pid, signal.SIGTERM)
    for _ in range(100):
        time.sleep(0.1)
        send(pid, 0)
    send(pid, signal.SIGKILL)
except (OSError, AttributeError):
    pass  # it has ended
