"""What happens to the bytes of a feed before an XML parser sees them.

feedparser takes quadratic time over blank lines before the root element, expands entities of a DTD written on one line,
and turns a whole feed to mojibake over one bad byte. So encoding is settled here, everything before the root element is
dropped, and a document type with entities is refused, in whatever encoding it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.entities import html5

from extractors.body import undo_coding
from extractors.encoding import decode_xml
from pipeline.errors import BodyBroken, BodyTooLarge, ForbiddenMarkup, NotAListing
from pipeline.text import clean

MAX_BYTES = 10 << 20
MAX_PROLOG = 4_096
MAX_ENTRIES = 2_000
_GZIP_MARK = b"\x1f\x8b"
_ROOT = re.compile(r"<(?:(?P<prefix>[A-Za-z_][\w.-]*):)?(?P<name>[A-Za-z_][\w.-]*)")
_ENTRY = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?(?:item|entry)[\s>/]", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:[A-Za-z_][\w.-]*:)?(?:item|entry)\s*>", re.IGNORECASE)
_REFERENCE = re.compile(
    r"&(?:#[xX](?P<hex>[0-9a-fA-F]+);?|#(?P<decimal>[0-9]+);?|(?P<name>[A-Za-z][A-Za-z0-9]{1,31});)?"
)
_NO_FEED_ROOTS = frozenset({"html", "head", "body", "urlset", "sitemapindex", "opml", "svg"})


@dataclass(frozen=True, slots=True)
class FeedText:
    text: str
    """Begins with the root element, or with `{` for a JSON feed."""
    is_json: bool
    dropped: int = 0
    """Entries cut off because there were more than MAX_ENTRIES."""
    note: str = ""


def open_feed(body: bytes, headers: Mapping[str, str]) -> FeedText:
    """Decode and inspect. Raises NotAListing, ForbiddenMarkup (`too_large`, `xml_dtd`, `prolog`, `gzip`)."""
    body = _unzip(body)
    if len(body) > MAX_BYTES:
        raise ForbiddenMarkup(f"a feed of {len(body)} bytes, {MAX_BYTES} is the limit", code="too_large")
    decoded = decode_xml(body, headers)
    text = clean(decoded.text).lstrip("\ufeff\ufffd \t\r\n")
    if not text:
        raise NotAListing("nothing but white space")
    if text.startswith("{"):
        return FeedText(text, is_json=True, note=decoded.note)
    root = find_root(text)
    name = root["name"].lower()
    if name in _NO_FEED_ROOTS:
        raise NotAListing(f"an element <{name}> where a feed was expected")
    text, dropped = _cut_entries(text[root.start() :])
    return FeedText(mend_references(text), is_json=False, dropped=dropped, note=decoded.note)


def _unzip(body: bytes) -> bytes:
    if not body.startswith(_GZIP_MARK):
        return body
    try:
        return undo_coding([body], "gzip", MAX_BYTES)
    except (BodyBroken, BodyTooLarge) as error:
        raise ForbiddenMarkup(f"a gzip file: {error.message}", code="gzip") from error


def mend_references(text: str) -> str:
    """Make every reference one that XML knows: each other fails the document.

    References to no character (`&#0;`, `&#xD800;`, a thousand digits) become U+FFFD. Outside CDATA, HTML names become
    their characters and a bare `&` becomes `&amp;`: feedparser's second, loose, parser reads `AT&T` as `AT&T;`.
    """
    pieces: list[str] = []
    position = 0
    while position < len(text):
        start = text.find("<![CDATA[", position)
        start = len(text) if start < 0 else start
        pieces.append(_REFERENCE.sub(_mend_reference, text[position:start]))
        end = text.find("]]>", start)
        position = len(text) if end < 0 else end + 3
        pieces.append(_REFERENCE.sub(_mend_number, text[start:position]))
    return "".join(pieces)


def _mend_reference(found: re.Match[str]) -> str:
    name = found["name"]
    if name in ("amp", "lt", "gt", "quot", "apos"):
        return found[0]
    if name:
        return html5.get(name + ";", f"&amp;{name};")
    return "&amp;" if found[0] == "&" else _mend_number(found)


def _mend_number(found: re.Match[str]) -> str:
    digits = found["hex"] or found["decimal"]
    if not digits:
        return found[0]
    digits = digits.lstrip("0")
    if not 0 < len(digits) < 8:
        return "\ufffd"
    number = int(digits, 16 if found["hex"] else 10)
    is_character = number <= 0x10FFFF and clean(chr(number)) != "\ufffd"
    return f"&#{number};" if is_character else "\ufffd"


def find_root(text: str) -> re.Match[str]:
    """The start tag of the root element; before it only white space, a declaration, comments, a document type without
    entities and, because servers print warnings, a little text. Raises ForbiddenMarkup, NotAListing."""
    position = spent = 0
    while True:
        at = text.find("<", position)
        if at < 0:
            raise NotAListing("no markup")
        spent += len(text[position:at].strip())
        if spent > MAX_PROLOG:
            raise ForbiddenMarkup(f"more than {MAX_PROLOG} characters before the first element", code="prolog")
        if root := _ROOT.match(text, at):
            return root
        if text.startswith("<!--", at):
            position = _end(text, "-->", at)
        elif text.startswith("<?", at):
            position = _end(text, "?>", at)
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            position = _after_document_type(text, at)
        elif text[at : at + 8].upper() == "<!ENTITY":
            raise ForbiddenMarkup("entities are declared", code="xml_dtd")
        else:
            position = at + 1
        spent += position - at


def _end(text: str, mark: str, start: int) -> int:
    at = text.find(mark, start, start + MAX_PROLOG)
    if at < 0:
        raise ForbiddenMarkup(f"{text[start : start + 4]!r} without its end", code="prolog")
    return at + len(mark)


def _after_document_type(text: str, start: int) -> int:
    """Where the declaration ends: at the first `>` outside quotes and outside the brackets of an internal subset."""
    quote = ""
    is_inside = False
    for at in range(start, min(start + MAX_PROLOG, len(text))):
        character = text[at]
        if quote:
            quote = "" if character == quote else quote
        elif is_inside and text[at : at + 8].upper() == "<!ENTITY":
            raise ForbiddenMarkup("a document type with entities", code="xml_dtd")
        elif is_inside and character == "%":
            raise ForbiddenMarkup("a document type with parameter entities", code="xml_dtd")
        elif character in "\"'":
            quote = character
        elif character == "[":
            is_inside = True
        elif character == "]":
            is_inside = False
        elif character == ">" and not is_inside:
            return at + 1
    raise ForbiddenMarkup("a document type without its end", code="xml_dtd")


def _cut_entries(text: str) -> tuple[str, int]:
    """At most MAX_ENTRIES entries in document order. The end of the document is kept, so that it stays well-formed."""
    starts = [found.start() for found in _ENTRY.finditer(text)]
    if len(starts) <= MAX_ENTRIES:
        return text, 0
    ends = [found.end() for found in _ENTRY_END.finditer(text, starts[-1])]
    tail = text[ends[-1] :] if ends else ""
    return text[: starts[MAX_ENTRIES]] + tail, len(starts) - MAX_ENTRIES
