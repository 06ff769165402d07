"""Bytes to text, when the bytes, the headers and the document disagree about the encoding.

The order of trust: a byte order mark; what the header and the document declare, as far as the bytes bear it out;
UTF-8, if the bytes are UTF-8; statistics. Labels mean what the WHATWG Encoding Standard says they mean (`iso-8859-1`
is windows-1252, `shift_jis` is windows-31j, `gb2312` is gb18030).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins like UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARKLESS = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# Python codec name → the codec that browsers use under that label.
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
}
# Labels browsers know and Python does not (`x-` is cut off before).
_ALIASES = {"windows-31j": "cp932", "windows-874": "cp874", "iso-8859-8-i": "iso8859-8", "cp-866": "cp866"}
_MULTI_BYTE = frozenset({"utf-8", "cp932", "euc_jp", "iso2022_jp", "gb18030", "big5hkscs", "cp949"})
# A list, not "whatever Python has": a page must not choose utf-7, unicode_escape or zip.
_SINGLE_BYTE = frozenset(
    {f"cp{number}" for number in (866, 874, *range(1250, 1259))}
    | {f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}
    | {"koi8-r", "koi8-u", "mac-cyrillic", "mac-roman"}
)
_WESTERN = "cp1252"
_META_WINDOW = 8_192
_META = re.compile(rb"""<meta\b[^>]{0,400}?\bcharset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_XML_DECLARATION = re.compile(rb"""^\s{0,100}<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9_.:-]{1,40})["']""")
_HEADER = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_SAMPLE = 65_536
_REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    """Undecodable bytes are U+FFFD; no byte order mark."""
    encoding: str
    """Python's name of the codec used."""
    note: str = ""
    """What was odd: a declaration the bytes contradict, bytes that had to be replaced."""


def decode_html(body: bytes, headers: Mapping[str, str]) -> str:
    """Text of an HTML page. `headers` have lower-case names. Never fails: what is undecodable becomes U+FFFD."""
    head = body[:_META_WINDOW]
    meta = _META.search(head) or _XML_DECLARATION.search(head)
    return decode_text(body, header_charset(headers), meta[1].decode("ascii") if meta else "").text


def decode_xml(body: bytes, headers: Mapping[str, str]) -> Decoded:
    """Text of an XML document (RFC 7303: the header before the declaration, if the bytes bear it out). Never fails."""
    declaration = _XML_DECLARATION.search(body[:1_024])
    return decode_text(body, header_charset(headers), declaration[1].decode("ascii") if declaration else "")


def header_charset(headers: Mapping[str, str]) -> str:
    """The charset parameter of `content-type`, or an empty string."""
    found = _HEADER.search(headers.get("content-type", "")[:1_000])
    return found[1] if found else ""


def decode_text(body: bytes, from_header: str, from_document: str) -> Decoded:
    """Decode by the evidence; the two labels may be empty, unknown or wrong."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            decoded = _measure(body[len(mark) :], name)
            if name != "utf-8" or decoded.is_plausible:
                return decoded.as_decoded(note="")
            body = body[len(mark) :]  # a UTF-8 mark glued before something else
            break
    else:
        for start, name in _MARKLESS:
            if body.startswith(start):
                return _measure(body, name).as_decoded(note="no byte order mark")
    if body.isascii():
        if b"\x1b$" in body or b"\x1b(" in body:
            return _measure(body, "iso2022_jp").as_decoded(note="")
        return Decoded(body.decode("ascii"), "ascii")
    labels = _declared_codecs(from_header, from_document)
    as_utf8 = _measure(body, "utf-8")
    for name in labels:
        decoded = _measure(body, name)
        if not decoded.is_plausible:
            continue
        if name not in _MULTI_BYTE and as_utf8.damage == 0:
            # Any bytes decode in a single-byte codec, which proves nothing; by chance hardly any are UTF-8.
            return as_utf8.as_decoded(note=f"declared {name}, is utf-8")
        return decoded.as_decoded(note="")
    said = f"declared {', '.join(labels)}, is " if labels else "declared nothing, is "
    if as_utf8.is_plausible:
        return as_utf8.as_decoded(note="" if not labels else said + "utf-8")
    found = _measure(body, _detect(body))
    return found.as_decoded(note=said + found.encoding)


def _declared_codecs(from_header: str, from_document: str) -> list[str]:
    header, document = _codec_of(from_header), _codec_of(from_document)
    if header == _WESTERN:
        # Servers say iso-8859-1 by default of nothing in particular: the document's own word is better.
        header, document = document, header
    return list(dict.fromkeys(name for name in (header, document) if name))


def _codec_of(label: str) -> str:
    label = label.lower().removeprefix("x-")
    if not label:
        return ""
    try:
        name = codecs.lookup(_ALIASES.get(label, label)).name
    except (LookupError, ValueError):
        return ""
    name = _SUPERSETS.get(name, name)
    if name.startswith("utf-16"):
        return "utf-8"  # a document whose ASCII declaration we could read is not UTF-16 (WHATWG says the same)
    return name if name in _MULTI_BYTE or name in _SINGLE_BYTE or name == _WESTERN else ""


@dataclass(frozen=True, slots=True)
class _Attempt:
    text: str
    encoding: str
    damage: int
    """Replacement characters."""
    foreign: int
    """Characters beyond ASCII, replacements included."""

    @property
    def is_plausible(self) -> bool:
        """UTF-8 survives one bad character in five: bytes of another encoding hardly ever form its sequences. Other
        multi-byte codecs eat each other's text, so three in a hundred (rare vendor characters) is all they get."""
        share = 0.2 if self.encoding == "utf-8" else 0.03
        return self.damage <= share * self.foreign

    def as_decoded(self, note: str) -> Decoded:
        if self.damage:
            note = f"{note}; {self.damage} bad characters".removeprefix("; ")
        return Decoded(self.text, self.encoding, note)


def _measure(body: bytes, codec: str) -> _Attempt:
    try:
        text = body.decode(codec)
        damage = 0
    except UnicodeDecodeError:
        text = body.decode(codec, "replace")
        damage = text.count(_REPLACEMENT)
    foreign = _count_foreign(text)
    return _Attempt(text, codec, damage, foreign)


def _count_foreign(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _detect(body: bytes) -> str:
    """By statistics, over a sample that begins where the first byte beyond ASCII stands."""
    import chardet

    first = _HIGH_RUN.search(body)
    start = max(0, first.start() - 200) if first else 0
    sample = body[start : start + _SAMPLE]
    runs = _HIGH_RUN.findall(sample)
    if len(runs) < 30 and _mean_length(runs) < 1.5:
        return _WESTERN  # a few single letters between ASCII ones: accents and curly quotes, too little for statistics
    name = _codec_of(chardet.detect(sample)["encoding"] or "")
    return _WESTERN if name in ("", "iso8859-15") else name


def _mean_length(runs: Iterable[bytes]) -> float:
    lengths = [len(run) for run in runs]
    return sum(lengths) / len(lengths) if lengths else 0.0
