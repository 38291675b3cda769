"""Messages of Jupyter's protocol as they travel: frames of ZeroMQ, signed with the connection's key."""

import hashlib
import hmac
import json
import uuid
from datetime import datetime, timezone

DELIMITER = b"<IDS|MSG>"


class Message:
    """One message: the frames that came, and what they say."""

    def __init__(self, frames, identities, parts, buffers):
        self.frames = frames
        self.identities = identities
        self.header, self.parent, self.metadata, self.content = parts
        self.buffers = buffers

    def without_identities(self):
        """The frames without those that say who sent them."""
        return self.frames[len(self.identities) :]

    @property
    def kind(self):
        return self.header["msg_type"]

    @property
    def identifier(self):
        return self.header["msg_id"]

    @property
    def parent_identifier(self):
        return self.parent.get("msg_id")


class Wire:
    """Reads and writes messages of one connection; `session` is whose messages those made here are."""

    def __init__(self, key, scheme):
        self.key = key.encode()
        self.digest = getattr(hashlib, scheme.removeprefix("hmac-"))
        self.session = uuid.uuid4().hex

    def read(self, frames):
        """The message in `frames`, or None where they are none that was signed with the key."""
        try:
            start = frames.index(DELIMITER)
            signature, *parts = frames[start + 1 : start + 6]
            if self.key and not hmac.compare_digest(self.sign(parts), signature):
                return None
            return Message(frames, frames[:start], [json.loads(part) for part in parts], frames[start + 6 :])
        except ValueError:
            return None

    def sign(self, parts):
        if not self.key:
            return b""
        signer = hmac.new(self.key, digestmod=self.digest)
        for part in parts:
            signer.update(part)
        return signer.hexdigest().encode()

    def pack(self, identities, header, parent, content, metadata=None, buffers=()):
        """The frames of a message."""
        parts = [json.dumps(part).encode() for part in (header, parent, metadata or {}, content)]
        return [*identities, DELIMITER, self.sign(parts), *parts, *buffers]

    def changed(self, message, content=None, parent=None, identities=None):
        """The frames of `message` with other content, another parent or other identities."""
        return self.pack(
            message.identities if identities is None else identities,
            message.header,
            message.parent if parent is None else parent,
            message.content if content is None else content,
            message.metadata,
            message.buffers,
        )

    def header(self, kind):
        """The header of a message of our own."""
        return {
            "msg_id": uuid.uuid4().hex,
            "msg_type": kind,
            "session": self.session,
            "username": "kernel",
            "date": datetime.now(timezone.utc).isoformat(),
            "version": "5.3",
        }
