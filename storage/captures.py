"""Raw bytes as they came, kept by their content: `ab/abcdef….gz` under one folder."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import re
import tempfile
import zlib
from pathlib import Path

from pipeline.errors import DatabaseDamaged, DatabaseUnreachable, StorageError

_LEVEL = 6
_FULL = (errno.ENOSPC, errno.EDQUOT)


class CaptureFolder:
    """Safe with several processes: a file appears whole or not at all, and the same bytes have the same name."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def keep(self, body: bytes) -> str:
        """Store bytes durably and return their sha256 in hex. Storing twice is storing once.

        Raises DatabaseDamaged when the disk is full, DatabaseUnreachable when the folder cannot be written.
        """
        digest = hashlib.sha256(body).hexdigest()
        target = self._file(digest)
        if target.exists():
            return digest
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(target, gzip.compress(body, _LEVEL, mtime=0))
        except OSError as error:
            raise _translate(error, target) from error
        return digest

    def read(self, sha256: str) -> bytes:
        """The bytes kept under this hash. Raises StorageError when there are none, DatabaseDamaged when they are not
        what they were."""
        target = self._file(sha256)
        try:
            body = gzip.decompress(target.read_bytes())
        except FileNotFoundError:
            raise StorageError("no such capture is kept", place=str(target)) from None
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DatabaseDamaged(f"the capture is damaged: {error}", place=str(target)) from error
        except OSError as error:
            raise _translate(error, target) from error
        if hashlib.sha256(body).hexdigest() != sha256:
            raise DatabaseDamaged("the capture is not what was kept: its hash differs", place=str(target))
        return body

    def _file(self, sha256: str) -> Path:
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise StorageError("not a sha256 in hex", place=sha256[:80])
        return self.path / sha256[:2] / f"{sha256}.gz"


def _write_whole(target: Path, content: bytes) -> None:
    """Into a file beside it, to the disk, then under its name: the name, too, is on the disk when this returns."""
    handle, part = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _translate(error: OSError, target: Path) -> StorageError:
    if error.errno in _FULL:
        return DatabaseDamaged("the disk is full", place=str(target), mend="make room; the page is fetched again")
    return DatabaseUnreachable(error.strerror or str(error), place=str(target))
