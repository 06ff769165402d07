"""The file channel: every message as a text file and, where it has HTML, as a page of its own."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from pipeline.errors import DeliveryDeferred
from pipeline.ports import Send
from pipeline.records import Message
from pipeline.text import clean


def open_file(folder: Path) -> Send:
    """Write messages into a folder, which is made when the first one comes.

    A file is named by time, kind and key and appears whole or not at all. The same message written twice is one file;
    another message under the same name is written beside it, with a piece of its hash in the name: nothing is ever
    overwritten by something else. The sender raises DeliveryDeferred when the disk is full or the folder is forbidden.
    """

    def send(message: Message) -> None:
        name = name_file(message)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = f"{message.subject}\n\n{message.text}"
            _write_once(folder, name, ".txt", clean(text).encode())
            if message.html:
                _write_once(folder, name, ".html", clean(message.html).encode())
        except OSError as error:
            raise DeliveryDeferred(
                f"cannot write: {error.strerror or type(error).__name__}",
                code="file",
                place=str(folder),
                mend="make room or give permission; the message waits",
            ) from error

    return send


def name_file(message: Message) -> str:
    """`20261124T070000Z-digest-0123456789abcdef`: sorts by time, and no key leads out of the folder."""
    kind = re.sub("[^a-z0-9]", "", message.kind.lower()) or "message"
    key = message.key if re.fullmatch("[0-9a-f]{64}", message.key) else _digest(message.key.encode("utf-8", "replace"))
    return f"{message.created_at:%Y%m%dT%H%M%SZ}-{kind[:20]}-{key[:16]}"


def _write_once(folder: Path, name: str, suffix: str, content: bytes) -> None:
    path = folder / f"{name}{suffix}"
    if path.exists() and path.read_bytes() != content:
        path = folder / f"{name}-{_digest(content)[:8]}{suffix}"
    if path.exists():
        return
    handle, part = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, too: the outbox forgets a message that is marked as sent."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
