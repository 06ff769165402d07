"""Dates as feeds and pages write them, read without guessing more than they say.

RFC 822 and 2822, ISO 8601 and W3CDTF, Unix time, and the written forms of English, Russian, Ukrainian and Japanese
(with the month names of a few neighbours). A time without a zone, or with one nobody knows, is taken as UTC. No clock
is looked at: «two hours ago» is not a date here.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

MAX_LENGTH = 64
FIRST_YEAR, LAST_YEAR = 1990, 2100

# Full names; any beginning of three letters or more is an abbreviation, unless two months begin like that.
_MONTH_NAMES = (
    "january январь января січень січня januar jänner janvier enero gennaio",
    "february февраль февраля лютий лютого februar février fevrier febrero febbraio",
    "march март марта березень березня märz marz mars marzo",
    "april апрель апреля квітень квітня avril abril aprile",
    "may май мая травень травня mai mayo maggio",
    "june июнь июня червень червня juni juin junio giugno",
    "july июль июля липень липня juli juillet julio luglio",
    "august август августа серпень серпня août aout agosto",
    "september сентябрь сентября вересень вересня septembre septiembre settembre",
    "october октябрь октября жовтень жовтня oktober octobre octubre ottobre",
    "november ноябрь ноября листопад листопада novembre noviembre",
    "december декабрь декабря грудень грудня dezember décembre decembre diciembre dicembre",
)


def _abbreviations() -> dict[str, int]:
    months: dict[str, set[int]] = {}
    for number, names in enumerate(_MONTH_NAMES, 1):
        for name in names.split():
            for length in range(3, len(name) + 1):
                months.setdefault(name[:length], set()).add(number)
    return {word: numbers.pop() for word, numbers in months.items() if len(numbers) == 1}


_MONTHS = _abbreviations()

# Offsets in minutes. Where one abbreviation names several zones, the one that news feeds use is meant.
_ZONES = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0),
    **dict.fromkeys(("cet", "mez", "west", "bst"), 60),
    **dict.fromkeys(("cest", "mesz", "eet", "sast"), 120),
    **dict.fromkeys(("eest", "msk", "мск", "trt", "idt"), 180),
    **dict.fromkeys(("msd", "gst", "samt"), 240),
    **dict.fromkeys(("pkt", "uzt", "yekt"), 300),
    **dict.fromkeys(("ist",), 330),
    **dict.fromkeys(("omst",), 360),
    **dict.fromkeys(("krat", "ict", "wib"), 420),
    **dict.fromkeys(("hkt", "sgt", "pht", "irkt", "awst"), 480),
    **dict.fromkeys(("jst", "kst", "yakt"), 540),
    **dict.fromkeys(("aest", "vlat"), 600),
    **dict.fromkeys(("aedt", "sakt", "magt", "sret"), 660),
    **dict.fromkeys(("nzst", "pett"), 720),
    **dict.fromkeys(("nzdt",), 780),
    **dict.fromkeys(("adt", "brt"), -180),
    **dict.fromkeys(("edt", "ast"), -240),
    **dict.fromkeys(("est", "cdt"), -300),
    **dict.fromkeys(("cst", "mdt"), -360),
    **dict.fromkeys(("mst", "pdt"), -420),
    **dict.fromkeys(("pst", "akdt"), -480),
    **dict.fromkeys(("akst",), -540),
    **dict.fromkeys(("hst",), -600),
}
_MAX_OFFSET = timedelta(hours=14)

_ERAS = {"令和": 2018, "平成": 1988}
_DIGITS = re.compile(r"\d{8}|\d{10}|\d{13}|\d{14}")
_ALONE = r"(?<![\d:./+-])"  # not in the middle of another number
_ISO = re.compile(_ALONE + r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?![-/.]?\d)")
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})t(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<rest>\D.*)?"
)
_JAPANESE = re.compile(
    r"(?P<era>令和|平成)?\s?(?P<year>\d{1,4}|元)\s?年\s?(?P<month>\d{1,2})\s?月\s?(?P<day>\d{1,2})\s?日(?P<rest>.*)"
)
_JAPANESE_TIME = re.compile(
    r"(?P<noon>午前|午後)?\s?(?P<hour>\d{1,2})\s?時(?:\s?(?P<minute>\d{1,2})\s?分|(?P<half>半))?"
)
_NUMERIC = re.compile(_ALONE + r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})(?!\d)")
_TIME = re.compile(
    r"(?<![\d:.+-])(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?(?![\d:])"
    r"\s*(?P<half>[ap]\.?\s?m\b\.?)?(?P<zone>.*)"
)
_OFFSET = re.compile(
    r"(?:utc|gmt)\s?(?P<named_sign>[+−-])\s?(?P<named_hours>\d{1,2})(?::?(?P<named_minutes>\d{2}))?(?!\d)"
    r"|(?P<sign>[+−-])(?P<hours>\d{2})(?::?(?P<minutes>\d{2}))?(?!\d)"
)
_ZONE_NAME = re.compile(r"[^\W\d_]+")
_WORD_OR_NUMBER = re.compile(r"[^\W\d_]+|\d+")


def parse_date(raw: str, *, language: str = "") -> datetime | None:
    """The moment `raw` names, aware, in UTC; None when it names none, or a year outside 1990–2100.

    `language` (ISO 639-1) decides `03/04/2026`: day first everywhere, except that in English it stays undecided (None).
    Strings of more than 64 characters are no dates.
    """
    if len(raw) > MAX_LENGTH:
        return None
    text = " ".join(unicodedata.normalize("NFKC", raw).casefold().split())
    if len(text) > 2 * MAX_LENGTH or not any(character.isdigit() for character in text):
        return None
    try:
        moment = _read(text, language)
    except (ValueError, OverflowError):  # 31 November, 25:61
        return None
    if moment is None:
        return None
    moment = moment.astimezone(UTC)
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _read(text: str, language: str) -> datetime | None:
    if _DIGITS.fullmatch(text):
        return _read_digits(text)
    if found := _COMPACT.fullmatch(text):
        rest = f"{found['hour']}:{found['minute']}:{found['second'] or '00'}{found['rest'] or ''}"
        return _moment(int(found["year"]), int(found["month"]), int(found["day"]), rest)
    if found := _ISO.search(text):
        return _moment(int(found["year"]), int(found["month"]), int(found["day"]), _around(text, found))
    if found := _JAPANESE.search(text):
        return _read_japanese(found)
    if found := _NUMERIC.search(text):
        return _read_numeric(found, _around(text, found), language)
    return _read_words(text)


def _around(text: str, found: re.Match[str]) -> str:
    """Where the time may stand: `14:05, 24.11.2026` as well as `24.11.2026 14:05`."""
    return f"{text[: found.start()]} {text[found.end() :]}"


def _read_digits(text: str) -> datetime | None:
    if len(text) == 10:
        return datetime.fromtimestamp(int(text), UTC)
    if len(text) == 13:
        return datetime.fromtimestamp(int(text) // 1000, UTC)
    clock = f"{text[8:10]}:{text[10:12]}:{text[12:14]}" if len(text) == 14 else ""
    return _moment(int(text[:4]), int(text[4:6]), int(text[6:8]), clock)


def _read_japanese(found: re.Match[str]) -> datetime | None:
    year = 1 if found["year"] == "元" else int(found["year"])
    if found["era"]:
        year += _ERAS[found["era"]]
    clock = found["rest"]
    if spoken := _JAPANESE_TIME.search(clock):
        hour = int(spoken["hour"])
        if spoken["noon"]:
            hour = hour % 12 + (12 if spoken["noon"] == "午後" else 0)
        clock = f"{hour}:{30 if spoken['half'] else int(spoken['minute'] or 0):02}"
    return _moment(year, int(found["month"]), int(found["day"]), clock)


def _read_numeric(found: re.Match[str], clock: str, language: str) -> datetime | None:
    first, second, year = int(found["first"]), int(found["second"]), int(found["year"])
    if second > 12 >= first:
        first, second = second, first  # month first
    elif first <= 12 and first != second and language in ("", "en") and found["mark"] != ".":
        return None  # 03/04/2026: March in New York, April in London
    return _moment(year, second, first, clock)


def _read_words(text: str) -> datetime | None:
    """A month by its name, a day, a year, perhaps a time, in any order; weekdays and small words are passed over."""
    clock = ""
    if found := _TIME.search(text):
        clock = found[0]
        text = text[: found.start()] + " " + _after_zone(clock, found)
    month = 0
    numbers: list[str] = []
    for token in _WORD_OR_NUMBER.findall(text):
        if token.isdigit():
            numbers.append(token)
        else:  # the last one counts: «mar 24 nov» begins with a weekday
            month = _MONTHS.get(token, month)
    if not month or not 2 <= len(numbers) <= 3:
        return None
    if len(numbers[0]) == 4:
        numbers[:2] = numbers[1::-1]  # 2026 November 24
    day, year = numbers[0], numbers[1]
    if len(day) > 2 or len(year) not in (2, 4):
        return None
    return _moment(_full_year(year), month, int(day), clock)


def _after_zone(clock: str, found: re.Match[str]) -> str:
    """What follows the time when it is no zone: in `Tue Nov 24 14:05:00 2026` the year."""
    rest = found["zone"]
    offset = _OFFSET.search(rest)
    return rest[: offset.start()] + " " + rest[offset.end() :] if offset else rest


def _full_year(year: str) -> int:
    """RFC 2822, section 4.3."""
    number = int(year)
    if len(year) == 4:
        return number
    return number + (2000 if number < 50 else 1900)


def _moment(year: int, month: int, day: int, clock: str) -> datetime | None:
    """Raises ValueError when there is no such day or time. `clock` may hold a zone, or be empty."""
    found = _TIME.search(clock)
    if found is None:
        return datetime(year, month, day, tzinfo=UTC)
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].startswith("p") else 0)
    second = 59 if second == 60 else second  # a leap second
    next_day = (hour, minute, second) == (24, 0, 0)
    moment = datetime(year, month, day, 0 if next_day else hour, minute, second, tzinfo=_zone(found["zone"]))
    return moment + timedelta(days=1) if next_day else moment


def _zone(text: str) -> timezone:
    if found := _OFFSET.search(text):
        hours, minutes = (
            int(found["named_hours"] or found["hours"]),
            int(found["named_minutes"] or found["minutes"] or 0),
        )
        offset = timedelta(hours=hours, minutes=minutes)
        if offset > _MAX_OFFSET or minutes > 59:
            return UTC
        return timezone(offset if (found["named_sign"] or found["sign"]) == "+" else -offset)
    for word in _ZONE_NAME.findall(text):
        if word in _ZONES:
            return timezone(timedelta(minutes=_ZONES[word]))
    return UTC
