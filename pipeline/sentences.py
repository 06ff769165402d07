"""Where a sentence begins and ends, in English, Russian, Ukrainian and Japanese.

Only the neighbourhood of one mention is looked at, so the cost does not grow with the text.
"""

from __future__ import annotations

import re

REACH = 300
"""Characters looked at on either side of a mention. A longer sentence is cut there, at a space where there is one."""

_OPENERS = "\"'«„“‘‹([「『（〈《【"
_CLOSERS = "\"'»”’›)]」』）〉》】"
_END = re.compile(
    rf"""
    [^\S\n]*\n\s*                  # a paragraph, or a line of its own
  | [。！？｡]+[{re.escape(_CLOSERS)}]*
  | [.!?…]+[{re.escape(_CLOSERS)}]*(?=\s|$)
    """,
    re.VERBOSE,
)
# A full stop after one of these ends a word, not a sentence.
_ABBREVIATIONS = """
    mr mrs ms dr prof st sen rep gov gen adm col lt sgt capt rev hon pres jr sr vs etc inc ltd co corp no vol fig
    jan feb mar apr jun jul aug sep sept oct nov dec approx est dept e.g i.e cf al
    г гг в вв т тт н э р руб коп тыс млн млрд трлн кв км м см мм ст стр ул д им пр др проч проф акад ред см напр ок
    обл р-н пос с св гр экз
    р рр ст тис крб кв вул буд ім ін проф акад див напр обл смт с о м
"""
_ABBREVIATED = frozenset(_ABBREVIATIONS.split())
_LAST_WORD = re.compile(r"(?:[^\W\d_]|[.-])+$")


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence that holds `text[start:end]`, as indexes into `text`, without the white space around it.

    A span that crosses a sentence end gives everything from the first sentence to the last. Never shorter than the
    span; at most REACH characters longer on either side.
    """
    left = max(0, start - REACH)
    first = left
    for match in _END.finditer(text, left, start):
        if match.end() <= start and _is_end(text, match):
            first = match.end()
    if first == left > 0:
        first = _after_space(text, left, start)
    right = min(len(text), end + REACH)
    last = next((_stop(match) for match in _END.finditer(text, end, right) if _is_end(text, match)), None)
    if last is None:
        last = right if right == len(text) else _before_space(text, end, right)
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, last


def _stop(match: re.Match[str]) -> int:
    """The end of the sentence: its stop and closing quotes belong to it, a line break does not."""
    return match.start() if "\n" in match.group() else match.end()


def _is_end(text: str, match: re.Match[str]) -> bool:
    mark = match.group()
    if "\n" in mark:
        return True
    rest = text[match.end() : match.end() + 2]
    if mark[0] in "。！？｡":
        # 「はい。」と答えた: the quotation ends, the sentence goes on.
        return mark[-1] not in _CLOSERS or not rest or rest[0].isspace() or rest[0] in _OPENERS
    if rest and not rest[0].isspace():
        return False
    following = text[match.end() : match.end() + 8].lstrip().lstrip(_OPENERS + "—–- ")
    if following and following[0].islower():
        return False
    if mark[0] in "!?…":
        return True
    word = _LAST_WORD.search(text, max(0, match.start() - 20), match.start())
    if word is None:
        return True
    letters = word.group().lower()
    return not (len(letters) == 1 or "." in letters or letters in _ABBREVIATED)


def _after_space(text: str, left: int, start: int) -> int:
    space = text.find(" ", left, start)
    return left if space < 0 else space + 1


def _before_space(text: str, end: int, right: int) -> int:
    space = text.rfind(" ", end, right)
    return right if space < 0 else space
