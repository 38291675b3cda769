"""Deno's own kernel as a child process that ends when we end, however we end."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

WATCHER = Path(__file__).parent.parent / "setup" / "watch_starter.py"
CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
PORTS = 15000, 32000
LAST_WORDS_SECONDS = 4  # between asking it to end and ending it: a training run keeps what it has


class DenoProcess:
    """Deno's kernel, listening on ports of its own.

    `file` is the client's connection file: Deno's lies beside it and has the same key. `wake` is called
    from another thread when the process has ended.
    """

    def __init__(self, deno, file, client, wake):
        self.program, self.wake = deno, wake
        self.file = Path(f"{file}.deno")
        self.connection = {**client, "transport": "tcp", "ip": "127.0.0.1", **free_ports()}
        part = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(part, "w") as connection_file:
            json.dump(self.connection, connection_file)
        command = [deno, "jupyter", "--quiet", "--kernel", "--conn", str(self.file)]
        self.process = subprocess.Popen(command)
        self.watcher = subprocess.Popen(
            [sys.executable, "-B", WATCHER, str(self.process.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self.ending = None
        self.ended = False
        threading.Thread(target=self.wait, daemon=True).start()

    def wait(self):
        self.process.wait()
        self.ended = True
        self.wake()

    def address(self, channel):
        return f"tcp://127.0.0.1:{self.connection[f'{channel}_port']}"

    def forget_file(self):
        """Removes the connection file, which Deno has read."""
        self.file.unlink(missing_ok=True)

    def interrupt(self):
        """Sends SIGINT, which Windows has no way to."""
        if os.name == "posix":
            self.process.send_signal(signal.SIGINT)

    def end(self):
        """Asks the process to end, and ends it when it has not after a while."""
        if self.ending is None:
            self.process.terminate()
            self.ending = threading.Timer(LAST_WORDS_SECONDS, self.process.kill)
            self.ending.daemon = True
            self.ending.start()

    def close(self):
        """Leaves nothing behind; returns the exit code, as a shell counts."""
        self.forget_file()
        if not self.ended:
            self.process.kill()
            self.process.wait()
        self.watcher.kill()
        self.watcher.wait()
        code = self.process.returncode
        return code if code >= 0 else 128 - code


def free_ports():
    """A port for each channel, which nobody listens on.

    They are below those that systems hand out by themselves (Linux from 32768 on, others from 49152), so
    that between our look and Deno's listening no other program is given one by chance.
    """
    ports = []
    while len(ports) < len(CHANNELS):
        port = random.randrange(*PORTS)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        if port not in ports:
            ports.append(port)
    return {f"{channel}_port": port for channel, port in zip(CHANNELS, ports)}
