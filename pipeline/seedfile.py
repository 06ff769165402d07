"""YAML that people edit, read with line numbers, so that every mistake is answered with `file:line`, what was found
and what was expected.

`read_yaml` gives a `Node`; the parsers of sources, channels and the watchlist walk it with the methods below, each of
which raises SeedError at the right line.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass

import yaml

from pipeline.errors import SeedError


def read_yaml(text: str, filename: str) -> Node:
    """Parse one YAML document. Raises SeedError on bad syntax, an empty document or a repeated key."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SeedError(f"not valid YAML: {error.problem}", place=f"{filename}:{line}") from error
    except yaml.YAMLError as error:
        raise SeedError(f"not valid YAML: {error}", place=f"{filename}:1") from error
    if root is None:
        raise SeedError("the file is empty", place=f"{filename}:1")
    return Node(root, filename, "the document")


@dataclass(frozen=True, slots=True)
class Node:
    """A YAML value with its place. `label` names it in messages."""

    raw: yaml.Node
    filename: str
    label: str

    @property
    def place(self) -> str:
        return f"{self.filename}:{self.raw.start_mark.line + 1}"

    def fail(self, found: str, expected: str) -> SeedError:
        """The error to raise: `raise node.fail("…", "…")`."""
        return SeedError(f"{self.label}: {found}, expected {expected}", place=self.place)

    def mapping(self, *, required: Collection[str] = (), optional: Collection[str] = ()) -> dict[str, Node]:
        """A mapping with these keys and no others; with neither given, any keys. Keys stay in file order."""
        if not isinstance(self.raw, yaml.MappingNode):
            raise self.fail(self._found(), "a mapping")
        known = (*required, *optional)
        fields: dict[str, Node] = {}
        for key_node, value_node in self.raw.value:
            key = Node(key_node, self.filename, f"a key of {self.label}")
            name = key.text()
            if name in fields:
                raise key.fail(f"`{name}` stands twice", "each key once")
            if known and name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"`{near[0]}`" if near else "one of " + ", ".join(f"`{word}`" for word in known)
                raise key.fail(f"unknown key `{name}`", hint)
            fields[name] = Node(value_node, self.filename, f"`{name}`")
        for name in required:
            if name not in fields:
                raise self.fail(f"`{name}` is missing", f"the keys {', '.join(required)}")
        return fields

    def items(self) -> list[Node]:
        if not isinstance(self.raw, yaml.SequenceNode):
            raise self.fail(self._found(), "a list")
        return [
            Node(item, self.filename, f"item {index} of {self.label}") for index, item in enumerate(self.raw.value, 1)
        ]

    def text(self) -> str:
        """A non-empty string. Numbers, dates and yes/no written without quotes are taken as they stand."""
        if not isinstance(self.raw, yaml.ScalarNode):
            raise self.fail(self._found(), "a text")
        value = str(self.raw.value).strip()
        if not value or self.raw.tag == "tag:yaml.org,2002:null":
            raise self.fail("nothing", "a text")
        return value

    def texts(self) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of one."""
        if isinstance(self.raw, yaml.ScalarNode):
            return (self.text(),)
        return tuple(item.text() for item in self.items())

    def choice(self, allowed: Collection[str]) -> str:
        value = self.text()
        if value not in allowed:
            raise self.fail(f"`{value}`", "one of " + ", ".join(f"`{word}`" for word in allowed))
        return value

    def integer(self, minimum: int, maximum: int) -> int:
        value = self.text()
        try:
            number = int(value)
        except ValueError:
            raise self.fail(f"`{value}`", f"a whole number from {minimum} to {maximum}") from None
        if not minimum <= number <= maximum:
            raise self.fail(f"{number}", f"a whole number from {minimum} to {maximum}")
        return number

    def flag(self) -> bool:
        value = self.text().lower()
        if value not in ("true", "false", "yes", "no"):
            raise self.fail(f"`{value}`", "true or false")
        return value in ("true", "yes")

    def _found(self) -> str:
        if isinstance(self.raw, yaml.MappingNode):
            return "a mapping"
        return "a list" if isinstance(self.raw, yaml.SequenceNode) else "a single value"
