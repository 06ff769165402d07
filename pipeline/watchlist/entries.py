"""The watchlist as a person writes it: records, and the parser that answers every mistake with `file:line`.

What each key means is taught in `seeds/watchlist.yaml`, by example. Here is only what is checked.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pipeline.records import Rule
from pipeline.seedfile import Node, read_yaml
from pipeline.watchlist.folding import fold_word

LANGUAGES = ("en", "ru", "uk", "ja")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_VERSION_LENGTH = 12
_SHORTEST_STEM = 2
_PERSON_KEYS = ("surname", "given", "others", "surname_alone", "given_alone", "also_a_given_name")
_ANY_KEYS = ("names", "likely", "doubtful", "derived", "forms", "exclude", "beside", "context")
_LIST_KEYS = ("names", "likely", "doubtful", "derived", "surname", "given", "others", "exclude")
_NAMING_KEYS = ("names", "likely", "doubtful", "derived", "surname", "given")


class Kind(StrEnum):
    PERSON = "person"
    PLACE = "place"
    ORGANISATION = "organisation"
    TOPIC = "topic"


class Gender(StrEnum):
    MALE = "male"
    FEMALE = "female"


class Origin(StrEnum):
    """What given names look like among the bearers of a surname."""

    JAPANESE = "japanese"
    RUSSIAN = "russian"
    ANY = "any"


class Alone(StrEnum):
    """What a part of a person's name is worth without the rest."""

    COUNTS = "counts"
    """It counts, unless something speaks against it."""
    CONTEXT = "context"
    """It counts when the full name or a context word speaks for it."""
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Beside:
    """Words that make another thing of a name when they stand directly beside it."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    before_quoted: tuple[str, ...] = ()
    """Before the name in quotation marks."""


@dataclass(frozen=True, slots=True)
class Context:
    """Words anywhere in the article (or near the name, where the name is a common word too). `*` ends a stem."""

    supporting: tuple[str, ...] = ()
    opposing: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    """Speak for the common word that is written like a form of the name; asked only where it can be that word."""


@dataclass(frozen=True, slots=True)
class LanguageNames:
    """How an entry is called in one language."""

    names: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    """Count unless a word against them stands near."""
    doubtful: tuple[str, ...] = ()
    """Count only when a word for them stands near, and none against."""
    derived: tuple[str, ...] = ()
    surname: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """Given names of other bearers of the surname."""
    surname_alone: Alone = Alone.CONTEXT
    given_alone: Alone = Alone.NEVER
    is_given_name_too: bool = False
    """The surname is a given name in this language: «Abe Lincoln»."""
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names whose forms are written out: these and no others."""
    exclude: tuple[str, ...] = ()
    beside: Beside = field(default_factory=Beside)
    context: Context = field(default_factory=Context)


@dataclass(frozen=True, slots=True)
class WatchEntry:
    slug: str
    title: str
    kind: Kind
    languages: Mapping[str, LanguageNames]
    gender: Gender | None = None
    origin: Origin = Origin.ANY


@dataclass(frozen=True, slots=True)
class Watchlist:
    entries: tuple[WatchEntry, ...]
    rules: tuple[Rule, ...]
    version: str
    """Hex, of the file's content: mentions carry it."""
    kinds: Mapping[Kind, Mapping[str, Beside]] = field(default_factory=dict)
    """What holds for every entry of a kind."""


def parse_watchlist(text: str, filename: str) -> Watchlist:
    """The watchlist of a file. Raises SeedError at the first mistake."""
    fields = read_yaml(text, filename).mapping(required=["entries"], optional=["kinds", "rules"])
    kinds = _parse_kinds(fields["kinds"]) if "kinds" in fields else {}
    entries: list[WatchEntry] = []
    owners: dict[str, str] = {}
    for slug, node in fields["entries"].mapping().items():
        if not _SLUG.fullmatch(slug):
            raise node.fail(f"the entry name `{slug}`", "lower-case letters, digits and hyphens")
        entries.append(_parse_entry(slug, node, owners))
    if not entries:
        raise fields["entries"].fail("no entry", "at least one")
    slugs = [entry.slug for entry in entries]
    if "rules" in fields:
        rules = _parse_rules(fields["rules"], slugs)
    else:
        rules = tuple(Rule(entry.slug, entry.title, any_of=(entry.slug,)) for entry in entries)
    version = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_VERSION_LENGTH]
    return Watchlist(tuple(entries), rules, version, kinds)


def _parse_kinds(node: Node) -> dict[Kind, Mapping[str, Beside]]:
    kinds: dict[Kind, Mapping[str, Beside]] = {}
    for name, body in node.mapping(optional=[kind.value for kind in Kind]).items():
        languages = body.mapping(optional=LANGUAGES)
        kinds[Kind(name)] = {
            language: _parse_beside(part.mapping(required=["beside"])["beside"]) for language, part in languages.items()
        }
    return kinds


def _parse_entry(slug: str, node: Node, owners: dict[str, str]) -> WatchEntry:
    fields = node.mapping(required=["title", "kind", "languages"], optional=["gender", "origin"])
    kind = Kind(fields["kind"].choice([kind.value for kind in Kind]))
    for key in ("gender", "origin"):
        if key in fields and kind is not Kind.PERSON:
            raise fields[key].fail(f"`{key}` where the kind is {kind.value}", "it only of a person")
    blocks = fields["languages"].mapping(optional=LANGUAGES)
    if not blocks:
        raise fields["languages"].fail("no language", "at least one of " + ", ".join(LANGUAGES))
    return WatchEntry(
        slug=slug,
        title=fields["title"].text(),
        kind=kind,
        languages={language: _parse_language(slug, kind, block, owners) for language, block in blocks.items()},
        gender=Gender(fields["gender"].choice([one.value for one in Gender])) if "gender" in fields else None,
        origin=Origin(fields["origin"].choice([one.value for one in Origin])) if "origin" in fields else Origin.ANY,
    )


def _parse_language(slug: str, kind: Kind, node: Node, owners: dict[str, str]) -> LanguageNames:
    fields = node.mapping(optional=(*_ANY_KEYS, *_PERSON_KEYS))
    for key in _PERSON_KEYS:
        if key in fields and kind is not Kind.PERSON:
            raise fields[key].fail(f"`{key}` where the kind is {kind.value}", "`names`, which any kind has")
    if "surname" in fields and "given" not in fields:
        raise node.fail("a surname without `given`", "the given names that tell this person from others")
    if "surname" not in fields and "given" in fields:
        raise node.fail("`given` without `surname`", "both, or one of `names`")
    texts = {key: _parse_texts(fields[key]) if key in fields else () for key in _LIST_KEYS}
    if not any(texts[key] for key in _NAMING_KEYS):
        raise node.fail("no name", "at least one of " + ", ".join(f"`{key}`" for key in _NAMING_KEYS))
    _check_owners(slug, fields, owners)
    names = LanguageNames(
        **texts,
        surname_alone=_parse_alone(fields.get("surname_alone"), Alone.CONTEXT),
        given_alone=_parse_alone(fields.get("given_alone"), Alone.NEVER),
        is_given_name_too="also_a_given_name" in fields and fields["also_a_given_name"].flag(),
        forms=_parse_forms(fields["forms"], texts) if "forms" in fields else {},
        beside=_parse_beside(fields["beside"]) if "beside" in fields else Beside(),
        context=_parse_context(fields["context"]) if "context" in fields else Context(),
    )
    _check_exclusions(fields, names)
    return names


def _parse_texts(node: Node) -> tuple[str, ...]:
    """A list of names, none of them twice, none of them empty once folded."""
    texts = node.texts()
    seen: set[str] = set()
    for item, text in zip(_nodes(node), texts, strict=True):
        folded = text if text.startswith("=") else fold_word(text)
        if len(folded.strip("= ")) < 1:
            raise item.fail(f"`{text}`", "a name with a letter in it")
        if folded in seen:
            raise item.fail(f"`{text}` stands twice", "each name once (case, ё and apostrophes make no difference)")
        seen.add(folded)
    return texts


def _nodes(node: Node) -> list[Node]:
    return [node] if isinstance(node.raw.value, str) else node.items()


def _parse_alone(node: Node | None, usual: Alone) -> Alone:
    return usual if node is None else Alone(node.choice([one.value for one in Alone]))


def _parse_forms(node: Node, texts: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    named = [name for key in _NAMING_KEYS for name in texts[key]]
    forms: dict[str, tuple[str, ...]] = {}
    for name, listed in node.mapping().items():
        if name not in named:
            near = difflib.get_close_matches(name, named, n=1)
            raise listed.fail(f"forms of `{name}`", f"a name of this language{f', perhaps `{near[0]}`' * len(near)}")
        forms[name] = listed.texts() if _nodes(listed) else ()
    return forms


def _parse_beside(node: Node) -> Beside:
    fields = node.mapping(optional=["before", "after", "before_quoted"])
    return Beside(**{key: _parse_texts(value) for key, value in fields.items()})


def _parse_context(node: Node) -> Context:
    fields = node.mapping(optional=["for", "against", "common_word"])
    words: dict[str, tuple[str, ...]] = {}
    for key, value in fields.items():
        words[key] = _parse_texts(value)
        for item, word in zip(_nodes(value), words[key], strict=True):
            if "*" in word[:-1] or len(word.rstrip("*")) < _SHORTEST_STEM:
                raise item.fail(f"`{word}`", "a word or phrase, or a stem that ends in `*`")
    both = set(words.get("for", ())) & {*words.get("against", ()), *words.get("common_word", ())}
    if both:
        raise node.fail(f"`{min(both)}` speaks for and against", "one of the two")
    return Context(words.get("for", ()), words.get("against", ()), words.get("common_word", ()))


def _check_owners(slug: str, fields: Mapping[str, Node], owners: dict[str, str]) -> None:
    for key in ("names", "likely", "doubtful", "derived", "surname"):
        for item in _nodes(fields[key]) if key in fields else ():
            owner = owners.setdefault(fold_word(item.text()), slug)
            if owner != slug:
                raise item.fail(f"`{item.text()}` names the entry `{owner}` already", "a name of one entry only")


def _check_exclusions(fields: Mapping[str, Node], names: LanguageNames) -> None:
    if "exclude" not in fields:
        return
    named = {fold_word(name): key for key in _NAMING_KEYS for name in getattr(names, key)}
    for item in _nodes(fields["exclude"]):
        folded = fold_word(item.text())
        if folded in named:
            raise item.fail(f"`{item.text()}` stands under `{named[folded]}` too", "a name or an exclusion, not both")


def _parse_rules(node: Node, slugs: list[str]) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for slug, body in node.mapping().items():
        if not _SLUG.fullmatch(slug):
            raise body.fail(f"the rule name `{slug}`", "lower-case letters, digits and hyphens")
        fields = body.mapping(optional=["name", "any_of", "all_of", "channels"])
        wanted: dict[str, tuple[str, ...]] = {}
        for key in ("any_of", "all_of"):
            wanted[key] = tuple(item.choice(slugs) for item in _nodes(fields[key])) if key in fields else ()
        if not any(wanted.values()):
            raise body.fail("no entry", "`any_of` or `all_of` with entries of this file")
        channels = fields["channels"].texts() if "channels" in fields else ()
        name = fields["name"].text() if "name" in fields else slug
        rules.append(Rule(slug, name, wanted["any_of"], wanted["all_of"], channels))
    return tuple(rules)
