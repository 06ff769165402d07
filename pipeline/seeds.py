"""Sources and channels as people write them in YAML: one mapping per source or channel, every mistake answered with
`file:line`, what was found and what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import yaml

from pipeline.records import Channel, ListingRule, Source, SourceKind
from pipeline.seedfile import Node, read_yaml

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_DURATION = re.compile(r"(\d{1,6})\s*([mhd])")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
_LONGEST_MINUTES = 7 * 24 * 60
_USUAL_MINUTES = 30
_SECRET_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_MAIL_ADDRESS = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+")

_TAKES = ("alert", "digest")

CHANNEL_OPTIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "console": ((), ()),
    "file": (("folder",), ()),
    "email": (("to",), ("from_name",)),
    "slack": (("webhook_secret",), ()),
}
"""The options of each kind of channel: those it must have, those it may have."""

# ISO 639-1. The language names what a source says it writes; an article's own is read from its text.
_LANGUAGES = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv
    ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne
    ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st
    su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""

# ISO 3166-1 alpha-2.
_COUNTRIES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
    JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""


def parse_sources(text: str, filename: str) -> tuple[Source, ...]:
    """The sources of a file, in its order. Raises SeedError at the first mistake."""
    root = read_yaml(text, filename).mapping(required=["sources"])
    sources: list[Source] = []
    slugs: dict[str, str] = {}
    urls: dict[str, str] = {}
    for node in root["sources"].items():
        fields = node.mapping(
            required=["slug", "name", "url", "kind", "language", "country"],
            optional=["interval", "tags", "enabled", "archive", "listing", "note"],
        )
        _claim(fields["slug"], _read_slug(fields["slug"]), slugs)
        _claim(fields["url"], _read_url(fields["url"]), urls)
        sources.append(_read_source(node, fields))
    return tuple(sources)


def parse_channels(text: str, filename: str) -> tuple[Channel, ...]:
    """The channels of a file, in its order. Raises SeedError at the first mistake."""
    root = read_yaml(text, filename).mapping(required=["channels"])
    channels: list[Channel] = []
    slugs: dict[str, str] = {}
    for node in root["channels"].items():
        kind = _read_kind(node)
        required, optional = CHANNEL_OPTIONS[kind]
        fields = node.mapping(required=["slug", "kind", *required], optional=["enabled", "takes", *optional])
        _claim(fields["slug"], _read_slug(fields["slug"]), slugs)
        channels.append(
            Channel(
                slug=fields["slug"].text(),
                kind=kind,
                is_enabled=fields["enabled"].flag() if "enabled" in fields else True,
                takes=_read_takes(fields["takes"]) if "takes" in fields else _TAKES,
                options={name: _read_option(name, fields[name]) for name in (*required, *optional) if name in fields},
            )
        )
    return tuple(channels)


def _read_source(node: Node, fields: Mapping[str, Node]) -> Source:
    kind = SourceKind(fields["kind"].choice([kind.value for kind in SourceKind]))
    if kind is SourceKind.LISTING and "listing" not in fields:
        raise node.fail("`kind: listing` without `listing`", "`listing:` with the CSS selectors to read it by")
    if "archive" in fields and "listing" not in fields:
        raise fields["archive"].fail("an archive without `listing`", "`listing:` with the CSS selectors to read it by")
    if "listing" in fields and kind is SourceKind.FEED and "archive" not in fields:
        raise fields["listing"].fail("nothing it would be used for", "`archive:` beside it, or `kind: listing`")
    return Source(
        slug=fields["slug"].text(),
        name=fields["name"].text(),
        url=_read_url(fields["url"]),
        kind=kind,
        language=_read_code(fields["language"], _LANGUAGES, "a language code of ISO 639-1 like en, ru, uk, ja"),
        country=_read_code(fields["country"], _COUNTRIES, "a country code of ISO 3166-1 like JP, RU, UA, US"),
        interval_minutes=_read_minutes(fields["interval"]) if "interval" in fields else _USUAL_MINUTES,
        tags=tuple(_read_slug(tag) for tag in _each(fields["tags"])) if "tags" in fields else (),
        is_enabled=fields["enabled"].flag() if "enabled" in fields else True,
        listing=_read_listing(fields["listing"]) if "listing" in fields else None,
        archive_url=_read_url(fields["archive"]) if "archive" in fields else "",
        note=fields["note"].text() if "note" in fields else "",
    )


def _claim(node: Node, value: str, taken: dict[str, str]) -> None:
    """Each slug and each address once in a file."""
    if value in taken:
        raise node.fail(f"`{value}`, which line {taken[value]} has already", "each once")
    taken[value] = node.place.rpartition(":")[2]


def _read_slug(node: Node) -> str:
    value = node.text()
    if not _SLUG.fullmatch(value) or len(value) > 60:
        raise node.fail(f"`{value}`", "small letters, digits and single hyphens, at most 60")
    return value


def _read_url(node: Node) -> str:
    """An address that can be asked for as it stands: absolute, http or https, a host, no user and password."""
    value = node.text()
    expected = "an address like https://example.org/feed.xml"
    if re.search(r"[\s\\<>\"]", value):
        raise node.fail(f"`{value}` with a character no address has", expected)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise node.fail(f"`{value}` ({error})", expected) from None
    if parts.scheme not in ("http", "https") or not host:
        raise node.fail(f"`{value}`", expected)
    if parts.username is not None or parts.password is not None:
        raise node.fail("an address with a user name or password in it", expected)
    return value


def _read_code(node: Node, known: str, expected: str) -> str:
    value = node.text()
    if value not in known.split():
        raise node.fail(f"`{value}`", expected)
    return value


def _read_minutes(node: Node) -> int:
    value = node.text()
    expected = "a time like 15m, 2h or 1d, from 1 minute to 7 days"
    match = _DURATION.fullmatch(value)
    if match is None:
        raise node.fail(f"`{value}`", expected)
    minutes = int(match[1]) * _MINUTES[match[2]]
    if not 1 <= minutes <= _LONGEST_MINUTES:
        raise node.fail(f"`{value}`", expected)
    return minutes


def _read_listing(node: Node) -> ListingRule:
    fields = node.mapping(required=["item"], optional=["link", "title", "date", "next", "max_pages"])
    usual = ListingRule(item=_read_selector(fields["item"]))
    return ListingRule(
        item=usual.item,
        link=_read_selector(fields["link"]) if "link" in fields else usual.link,
        title=_read_selector(fields["title"]) if "title" in fields else usual.title,
        date=_read_selector(fields["date"]) if "date" in fields else usual.date,
        next=_read_selector(fields["next"]) if "next" in fields else usual.next,
        max_pages=fields["max_pages"].integer(1, 10_000) if "max_pages" in fields else usual.max_pages,
    )


def _read_selector(node: Node) -> str:
    """A CSS selector, compiled here so that a slip is found where it was written and not in next month's backfill."""
    import soupsieve

    value = node.text()
    try:
        soupsieve.compile(value)
    except soupsieve.SelectorSyntaxError as error:
        reason = str(error).splitlines()[0].rstrip(".:")
        raise node.fail(f"`{value}` ({reason})", "a CSS selector") from None
    return value


def _read_kind(node: Node) -> str:
    """First of all: what else a channel may have depends on it."""
    fields = node.mapping()
    if "kind" not in fields:
        raise node.fail("`kind` is missing", "one of " + ", ".join(f"`{kind}`" for kind in CHANNEL_OPTIONS))
    return fields["kind"].choice(CHANNEL_OPTIONS)


def _read_takes(node: Node) -> tuple[str, ...]:
    takes = tuple(item.choice(_TAKES) for item in _each(node))
    if not takes:
        raise node.fail("an empty list", "`alert`, `digest` or both; to rest a channel say `enabled: false`")
    return tuple(dict.fromkeys(takes))


def _read_option(name: str, node: Node) -> str:
    if name == "webhook_secret":
        return _read_secret_name(node)
    if name == "to":
        return ", ".join(_read_mail_addresses(node))
    return node.text()


def _read_secret_name(node: Node) -> str:
    """The value is not repeated in the message: whoever gets this wrong has most likely written the secret itself."""
    value = node.text()
    if not _SECRET_NAME.fullmatch(value):
        raise node.fail(
            "something that is not a name (a secret itself is never written here)",
            "the NAME of a secret like SLACK_WEBHOOK, whose value is given as WATCHWIRE_SECRET_SLACK_WEBHOOK",
        )
    return value


def _read_mail_addresses(node: Node) -> tuple[str, ...]:
    addresses = []
    for item in _each(node):
        address = item.text()
        if not _MAIL_ADDRESS.fullmatch(address):
            raise item.fail(f"`{address}`", "a mail address like desk@example.org, several as a list")
        addresses.append(address)
    if not addresses:
        raise node.fail("an empty list", "at least one mail address")
    return tuple(addresses)


def _each(node: Node) -> list[Node]:
    """The items of a list; one value alone is a list of one."""
    return [node] if isinstance(node.raw, yaml.ScalarNode) else node.items()
