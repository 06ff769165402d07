"""The arrows of the house: who may import whom. A new import that crosses a wall fails here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("pipeline", "extractors", "storage", "delivery", "flows", "watchwire", "seeds")
MAY_IMPORT = {
    "seeds": set(),
    "pipeline": set(),
    "extractors": {"pipeline"},
    "storage": {"pipeline"},
    "delivery": {"pipeline"},
    "flows": {"pipeline", "watchwire"},
    "watchwire": {"pipeline", "extractors", "storage", "delivery", "flows", "seeds"},
}
# Foreign packages that belong to one room, and the files outside it that may name them too.
BELONGS_TO = {
    "prefect": ("flows", {"watchwire/up.py", "watchwire/prefect_home.py"}),
    "sqlalchemy": ("storage", set()),
    "alembic": ("storage", set()),
    "psycopg": ("storage", set()),
    "requests": ("extractors", {"delivery/slack.py"}),
    "urllib3": ("extractors", set()),
    "feedparser": ("extractors", set()),
    "trafilatura": ("extractors", set()),
    "bs4": ("extractors", set()),
    "smtplib": ("delivery", set()),
    "spacy": ("pipeline", set()),
    "pymorphy3": ("pipeline", set()),
}
IMPURE = {"socket", "ssl", "http", "urllib.request", "subprocess", "sqlite3", "asyncio", "multiprocessing", "time"}
GRAB_BAGS = {"utils", "util", "helpers", "helper", "common", "base", "misc"}


def modules() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
    return names


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_rooms_import_only_along_the_arrows(path: Path) -> None:
    room = name_of(path).split("/")[0]
    crossed = {name for name in imports(path) if (top := name.split(".")[0]) in ROOMS and top != room}
    assert {name.split(".")[0] for name in crossed} <= MAY_IMPORT[room]
    if room == "flows":
        assert all(not name.startswith("watchwire") or name.startswith("watchwire.wiring") for name in crossed)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_foreign_packages_stay_in_their_room(path: Path) -> None:
    room = name_of(path).split("/")[0]
    for name in imports(path):
        home, exceptions = BELONGS_TO.get(name.split(".")[0], (room, set()))
        assert room == home or name_of(path) in exceptions, f"{name} belongs to {home}/"


@pytest.mark.parametrize("path", [path for path in modules() if name_of(path).startswith("pipeline/")], ids=name_of)
def test_the_middle_is_pure(path: Path) -> None:
    assert not imports(path) & IMPURE
    text = path.read_text(encoding="utf-8")
    for clock in ("datetime.now(", "utcnow(", "time.time(", "date.today("):
        assert clock not in text, "`now` is an argument"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_the_settings_read_the_environment(path: Path) -> None:
    if name_of(path) in ("watchwire/settings.py", "watchwire/up.py"):  # `up` hands an environment to its children
        return
    text = path.read_text(encoding="utf-8")
    assert "os.environ" not in text and "getenv" not in text


def test_no_grab_bags() -> None:
    assert not [name_of(path) for path in modules() if path.stem in GRAB_BAGS]


def test_the_package_list_is_complete() -> None:
    """Packages are listed one by one in pyproject.toml, so that nothing else is ever shipped by accident."""
    import tomllib

    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    present = {name_of(path.parent).replace("/", ".") for path in modules() if path.name == "__init__.py"}
    assert listed == present
