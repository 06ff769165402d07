"""The sentence around a mention, in four languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sentences import REACH, sentence_around


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        (
            "Rain. Mr. Abe met Putin in the U.S. on Monday. Then he left.",
            "Putin",
            "Mr. Abe met Putin in the U.S. on Monday.",
        ),
        ("彼は「はい。」と答えた。安倍首相は行った。次。", "安倍", "安倍首相は行った。"),
        ("彼は「はい。」と答えた。安倍首相は行った。次。", "はい", "彼は「はい。」と答えた。"),
        ("Заголовок\nВ 2014 г. Крым аннексировали. Потом, т. е. позже.", "Крым", "В 2014 г. Крым аннексировали."),
        ("Он спросил: «Где Путин?» Никто не ответил! А зря.", "Путин", "Он спросил: «Где Путин?»"),
        ("Стих А. С. Пушкина: «Крым…» и море. Да.", "Крым", "Стих А. С. Пушкина: «Крым…» и море."),
        ("Жителі м. Ялта, що в Криму, за 1,5 тис. грн. Далі.", "Криму", "Жителі м. Ялта, що в Криму, за 1,5 тис. грн."),
        ("Prices rose 1.5 percent in Crimea! Others fell.", "Crimea", "Prices rose 1.5 percent in Crimea!"),
        ("No full stop about Putin", "Putin", "No full stop about Putin"),
        ("One.\n\nPutin\n\nTwo.", "Putin", "Putin"),
        ("  Putin came.  ", "Putin", "Putin came."),
    ],
)
def test_the_sentence(text: str, name: str, sentence: str) -> None:
    start = text.index(name)
    first, last = sentence_around(text, start, start + len(name))
    assert text[first:last] == sentence


def test_a_very_long_sentence_is_cut_at_spaces() -> None:
    text = "word " * 500 + "Putin" + " word" * 500
    start = text.index("Putin")
    first, last = sentence_around(text, start, start + 5)
    assert start - first <= REACH
    assert last - start - 5 <= REACH
    assert text[first:last].split()[0] == text[first:last].split()[-1] == "word"


@given(st.text(st.sampled_from("ab .!?…\n。「」«»А1"), max_size=80), st.data())
def test_the_span_is_always_inside(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last = sentence_around(text, start, end)
    assert 0 <= first <= start <= end <= last <= len(text)
