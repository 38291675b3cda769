"""Passes messages between Jupyter's sockets and those of Deno's kernel."""

import os
import signal
import time

import zmq
from cells import Cells
from messages import Wire

SHUTDOWN_SECONDS = 1.5  # how long Deno's kernel has for ending by itself
PARENT_SECONDS = 1  # between two looks whether Jupyter is there


class Relay:
    """The sockets of both sides and the loop that passes messages between them."""

    def __init__(self, deno, connection):
        self.deno = deno
        self.context = zmq.Context()
        self.client = {
            name: self.listen(kind, connection, name)
            for name, kind in [
                ("shell", zmq.ROUTER),
                ("control", zmq.ROUTER),
                ("stdin", zmq.ROUTER),
                ("iopub", zmq.PUB),
                ("hb", zmq.ROUTER),
            ]
        }
        self.inner = {
            name: self.connect(kind, name)
            for name, kind in [
                ("shell", zmq.DEALER),
                ("control", zmq.DEALER),
                ("stdin", zmq.DEALER),
                ("iopub", zmq.SUB),
            ]
        }
        wire = Wire(connection["key"], connection["signature_scheme"])
        self.cells = Cells(wire, self.client, self.inner, self.deno)
        self.wire = wire
        self.control_senders = {}  # by the identifier of a request
        self.shutdown = None  # the client's request
        self.shutdown_end = None

    def listen(self, kind, connection, name):
        socket = self.context.socket(kind)
        socket.linger = 1000
        separator = ":" if connection["transport"] == "tcp" else "-"
        port = connection[f"{name}_port"]
        socket.bind(f"{connection['transport']}://{connection['ip']}{separator}{port}")
        return socket

    def connect(self, kind, name):
        socket = self.context.socket(kind)
        socket.linger = 0
        socket.reconnect_ivl = 10  # milliseconds: it is not there yet
        socket.rcvhwm = socket.sndhwm = 0
        if kind == zmq.SUB:
            socket.subscribe(b"")
        else:
            socket.identity = b"forgery-clues"  # the same on shell and stdin: answers find back
        socket.connect(self.deno.address(name))
        return socket

    def run(self, woken):
        """Passes messages on until Deno's kernel has ended."""
        cells = self.cells
        handlers = {
            self.client["shell"]: cells.from_client,
            self.inner["shell"]: cells.replied,
            self.inner["iopub"]: cells.published,
            self.client["control"]: self.control,
            self.inner["control"]: self.control_reply,
            self.client["stdin"]: cells.input_given,
            self.inner["stdin"]: cells.input_asked,
            self.client["hb"]: self.client["hb"].send_multipart,
        }
        poller = zmq.Poller()
        for each in (*handlers, woken):
            poller.register(each, zmq.POLLIN)
        jupyter = os.environ.get("JPY_PARENT_PID")
        watched = jupyter == str(os.getppid())  # else something stands between, which may end
        while not self.deno.ended:
            if watched and jupyter != str(os.getppid()):
                self.deno.end()  # Jupyter is gone, by kill -9 perhaps
            for ready, _ in poller.poll(self.milliseconds()):
                if ready == woken.fileno():
                    self.signals(woken.recv(64))
                else:
                    handlers[ready](ready.recv_multipart())
            now = time.monotonic()
            cells.tick(now)
            if self.shutdown_end is not None and now >= self.shutdown_end:
                self.deno.end()
                self.shutdown_end = None

    def milliseconds(self):
        """Until something is due, or the next look at who started us."""
        times = [t for t in (self.cells.due(), self.shutdown_end) if t is not None]
        left = min(times) - time.monotonic() if times else PARENT_SECONDS
        return max(0, min(left, PARENT_SECONDS)) * 1000

    def signals(self, numbers):
        for number in numbers:
            if number == signal.SIGINT:
                self.cells.stop()
            elif number == signal.SIGTERM:
                self.deno.end()

    def control(self, frames):
        message = self.wire.read(frames)
        if message is None:
            return
        if message.kind == "interrupt_request":
            self.cells.stop()
            self.answer(message, "interrupt_reply", {"status": "ok"})
            return
        if message.kind == "shutdown_request":
            self.shutdown = message
            self.shutdown_end = time.monotonic() + SHUTDOWN_SECONDS
        self.control_senders[message.identifier] = message.identities
        self.inner["control"].send_multipart(message.without_identities())

    def control_reply(self, frames):
        message = self.wire.read(frames)
        sender = self.control_senders.pop(message.parent_identifier, None)
        if sender is not None:
            self.client["control"].send_multipart([*sender, *message.without_identities()])

    def answer(self, message, kind, content):
        header = self.wire.header(kind)
        frames = self.wire.pack(message.identities, header, message.header, content)
        self.client["control"].send_multipart(frames)

    def close(self):
        """Says that the kernel has ended, to who asked for that."""
        if self.shutdown is not None:
            restart = self.shutdown.content.get("restart", False)
            self.answer(self.shutdown, "shutdown_reply", {"status": "ok", "restart": restart})
        self.cells.close()
        self.context.destroy(linger=1000)
