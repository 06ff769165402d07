"""Captures: the same bytes have the same name, appear whole or not at all, and are not believed blindly."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import ports
from pipeline.errors import DatabaseDamaged, DatabaseUnreachable, StorageError
from storage.captures import CaptureFolder


@pytest.fixture
def folder(tmp_path: Path) -> CaptureFolder:
    return CaptureFolder(tmp_path / "captures")


def files(folder: CaptureFolder) -> list[Path]:
    return [path for path in folder.path.rglob("*") if path.is_file()]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=5000))
def test_bytes_come_back_as_they_were(folder: CaptureFolder, body: bytes) -> None:
    keep: ports.KeepBody = folder.keep
    sha256 = keep(body)
    assert sha256 == hashlib.sha256(body).hexdigest()
    assert folder.read(sha256) == body


def test_storing_twice_is_storing_once(folder: CaptureFolder) -> None:
    sha256 = folder.keep(b"page" * 1000)
    (file,) = files(folder)
    assert file == folder.path / sha256[:2] / f"{sha256}.gz" and file.stat().st_size < 100
    before = file.stat().st_ino
    assert folder.keep(b"page" * 1000) == sha256
    assert [path.stat().st_ino for path in files(folder)] == [before]


def test_many_may_store_the_same_at_once(folder: CaptureFolder) -> None:
    bodies = [bytes([n]) * 10_000 for n in range(8)]

    def work() -> None:
        other = CaptureFolder(folder.path)
        for body in bodies:
            other.keep(body)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(files(folder)) == 8
    assert all(folder.read(hashlib.sha256(body).hexdigest()) == body for body in bodies)


def damage(file: Path, how: str) -> None:
    content = file.read_bytes()
    if how == "cut":
        file.write_bytes(content[:-9])
    elif how == "no gzip":
        file.write_bytes(b"<html>")
    elif how == "empty":
        file.write_bytes(b"")
    elif how == "flipped":
        file.write_bytes(content[:20] + bytes([content[20] ^ 255]) + content[21:])
    else:  # another capture under this name
        other = CaptureFolder(file.parent.parent)
        name = other.keep(b"other")
        (other.path / name[:2] / f"{name}.gz").replace(file)


@pytest.mark.parametrize("how", ["cut", "no gzip", "empty", "flipped", "swapped"])
def test_damage_is_noticed(folder: CaptureFolder, how: str) -> None:
    sha256 = folder.keep(os.urandom(500))
    (file,) = files(folder)
    damage(file, how)
    with pytest.raises(DatabaseDamaged) as caught:
        folder.read(sha256)
    assert caught.value.place == str(file)


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "A" * 64, ""])
def test_what_was_never_kept_is_not_there(folder: CaptureFolder, name: str) -> None:
    with pytest.raises(StorageError):
        folder.read(name)


@pytest.mark.parametrize("where", ["fsync", "write", "replace"])
def test_a_full_disk_leaves_no_part_behind(folder: CaptureFolder, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    target = {"fsync": "os.fsync", "write": "os.fdopen", "replace": "pathlib.Path.replace"}[where]
    monkeypatch.setattr(target, full)
    with pytest.raises(DatabaseDamaged, match="the disk is full"):
        folder.keep(b"page")
    monkeypatch.undo()
    assert files(folder) == []
    assert folder.read(folder.keep(b"page")) == b"page"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "captures").write_text("a file in its place")
    with pytest.raises(DatabaseUnreachable) as caught:
        CaptureFolder(tmp_path / "captures").keep(b"page")
    assert str(tmp_path) in caught.value.place
