"""Text to tokens and stems: what shingles and terms are made of. Light on purpose: no dictionary, no model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# A number keeps its inner separators (`6-3/16`, `2,770,243`, `17.04.2018`); a word keeps letters and digits; Chinese
# characters and kana stand alone, because nothing separates their words.
_TOKEN = re.compile(rf"\d+(?:[.,:/-]\d+)*|[{_CJK}]|[^\W_{_CJK}]+")
_APOSTROPHE = re.compile(r"(?<=\w)['\u2019\u02bc\u2018`](?=\w)")
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_CJK_RUN = re.compile("[\u30a1-\u30fa\u30fc]{2,}|[\u3400-\u4dbf\u4e00-\u9fff\u3005\uf900-\ufaff]{2,}")
_THOUSANDS = re.compile(r"^\d{1,3}(?:,\d{3})+$")

_ENGLISH_ENDINGS = (
    *("ements", "ement", "ations", "ation", "ingly", "edly", "ings", "ing", "ies", "ied", "ers", "est"),
    *("ed", "es", "er", "ly", "al", "s", "y", "e"),
)
# Noun, adjective and verb endings of Russian and Ukrainian together.
_SLAVIC = """
иями ями ами иях иев ием ией иям ях ах ов ев ей ой ий ый ая яя ое ее ые ие ого его ому ему ым им ом ем ую юю ою ею ых их
ыми ими ия ию ии ать ять ить еть ает яет ует ют ут ат ят ал ял ил ел ала яла ила ела али яли или ели ало яло ило ело ся
сь лся лась лись лось ться тся ав ів їв ії їй ість ості ій єю єму ється уть ють ти ла ли ло а я о е у ю ы и і ї є ь й
"""
_SLAVIC_ENDINGS = tuple(sorted(_SLAVIC.split(), key=lambda ending: (-len(ending), ending)))


def fold(text: str) -> str:
    """Case, width, ligatures and variants that mean nothing are gone: `Ё` is `е`, `’` inside a word is nothing."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return _APOSTROPHE.sub("", folded)


def split_tokens(text: str) -> list[str]:
    """Words, numbers and single CJK characters of a text, folded, in order."""
    return _TOKEN.findall(fold(text))


def is_cjk(tokens: list[str]) -> bool:
    """Whether single CJK characters are what the text mostly consists of."""
    return sum(1 for token in tokens if _CJK_CHARACTER.match(token)) > len(tokens) / 3


def is_number(token: str) -> bool:
    return token[0].isdigit()


def plain_number(token: str) -> str:
    """`2,770,243` and `2770243` are one number."""
    return token.replace(",", "") if _THOUSANDS.match(token) else token


def split_terms(text: str) -> Iterator[str]:
    """Stems of words, runs of kanji or katakana, and whole numbers, folded, in order. Stop words are left in."""
    for token in re.findall(rf"\d+(?:[.,:/-]\d+)*|[{_CJK}々]+|[^\W_{_CJK}]+", fold(text)):
        if is_number(token):
            yield plain_number(token)
        elif _CJK_CHARACTER.match(token):
            yield from _CJK_RUN.findall(token)
        else:
            yield stem(token)


def stem(word: str) -> str:
    """A light stem: inflections of one word mostly share it, different words seldom do. Takes a folded word."""
    if len(word) < 4:
        return word
    if word.isascii():
        return _cut(word, _ENGLISH_ENDINGS, keep=4 if len(word) > 5 else 3)
    if "\u0400" <= word[0] <= "\u04ff":
        return _cut(word, _SLAVIC_ENDINGS, keep=3)
    return word


def _cut(word: str, endings: tuple[str, ...], keep: int) -> str:
    for ending in endings:
        if len(word) - len(ending) >= keep and word.endswith(ending):
            return word[: -len(ending)]
    return word
