"""Runs a Python module or file that must not outlive the program that started it.

    python end_with_parent.py MODULE_OR_FILE.py [arguments]

The starter holds our standard input open. When it ends, by kill -9 too, the input closes, and this
process is killed together with everything it started. A set-up that is run again therefore never
meets a pip of the set-up before.
"""

import os
import runpy
import signal
import sys
import threading


def end_with_parent():
    while os.read(0, 1024):
        pass
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if hasattr(os, "setsid"):
    os.setsid()  # a process group of our own, so that killing it hits nobody else
threading.Thread(target=end_with_parent, daemon=True).start()

del sys.argv[0]
if sys.argv[0].endswith(".py"):
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")
else:
    del sys.path[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
