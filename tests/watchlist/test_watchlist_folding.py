"""Folding loses no place: whatever was folded away, an offset points into the text given."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.watchlist.folding import fold, fold_broken_lines, fold_word
from pipeline.watchlist.tag import Tagger

ALPHABET = st.text(
    st.sampled_from("aAbé İёЁйΣßō’-‑–\u00ad\u200b\u0301\u0306 \t\n\u00a0\u3000ア゙ﾌﾟＡ安倍путин"), max_size=60
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Путин", "путин"),
        ("Пу́тин", "путин"),
        ("ещЁ", "еще"),
        ("Shinzō", "shinzo"),
        ("прем’єр", "прем'єр"),
        ("Крымско‑татарский", "крымско-татарский"),
        ("Кури\u00adлы", "курилы"),
        ("Ку-\nрилы", "курилы"),
        ("anti-\nPutin", "anti-putin"),
        ("Kuril\n   Islands", "kuril islands"),
        ("Kuril\u00a0Islands", "kuril islands"),
        ("ﾌﾟｰﾁﾝ", "プーチン"),
        ("Ｐｕｔｉｎ", "putin"),
        (unicodedata.normalize("NFD", "Хабомаї"), "хабомаї"),
    ],
)
def test_spellings_become_one(text: str, folded: str) -> None:
    assert fold(text).text == folded
    assert fold(text).span(0, len(folded)) == (0, len(text))


def test_no_name_goes_across_an_empty_line() -> None:
    assert "northern territories" not in fold("the Northern\n\nTerritories").text
    assert "northern territories" not in fold("the\u00ad Northern\n \nTerritories").text


def test_a_hyphen_at_a_line_end_is_read_both_ways() -> None:
    assert fold("крымско-\nтатарский").text == "крымскотатарский"
    other = fold_broken_lines("крымско-\nтатарский")
    assert other is not None
    assert other.text == "крымско-татарский"


@given(ALPHABET)
def test_every_character_has_a_place(text: str) -> None:
    for folded in (fold(text), fold_broken_lines(text)):
        if folded is None:
            continue
        spans = [folded.span(at, at + 1) for at in range(len(folded.text))]
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert spans == sorted(spans)


@given(ALPHABET)
def test_folding_a_name_twice_is_folding_it_once(text: str) -> None:
    once = fold_word(text.replace("\n", ""))
    assert fold_word(once) == once


NAMES = [
    "Владимира Путина",
    "Курильских островов",
    "Крыму",
    "Синдзо Абэ",
    "Kuril Islands",
    "Shinzo Abe",
    "プーチン",
    "安倍晋三",
]


@given(st.sampled_from(NAMES), st.data())
def test_invisible_marks_change_nothing(tagger: Tagger, name: str, data: st.DataObject) -> None:
    """A soft hyphen or zero-width space anywhere inside: found all the same, at its place."""
    at = data.draw(st.integers(1, len(name) - 1))
    spelled = name[:at] + data.draw(st.sampled_from(["\u00ad", "\u200b", "\u2060"])) + name[at:]
    for form in (spelled, unicodedata.normalize("NFD", spelled), spelled.upper()):
        text = f"«{form}»"
        (mention,) = tagger("", text, "").mentions
        assert (text[mention.start : mention.end], mention.form) == (form, form)


@given(st.text(max_size=200), st.sampled_from(["", "en", "ru", "uk", "ja", "xx"]))
def test_any_text_is_tagged(tagger: Tagger, text: str, language: str) -> None:
    tagging = tagger(text, text, language)
    for item in (*tagging.mentions, *tagging.vetoes):
        assert text[item.start : item.end] == item.form


@given(
    st.lists(st.sampled_from([*NAMES, "Abe", "Абэ", "Путина", "安倍", "-\n", " ", "\n\n", "他", ".", "Кобо", "«", "»"]))
)
def test_mentions_lie_in_order_and_apart(tagger: Tagger, pieces: list[str]) -> None:
    text = "".join(pieces)
    tagging = tagger("", text, "")
    for slug in tagging.entries():
        spans = [(mention.start, mention.end) for mention in tagging.mentions if mention.entry == slug]
        assert all(left[1] <= right[0] for left, right in pairwise(spans))
