"""Foreign text in artifacts: shown as it is, never as markup."""

from __future__ import annotations

import pytest
from fake_workshop import ALERT

from flows.pages import alerts_page, escape_markdown, link, mark_sentence, plain_cell


def test_an_alert_is_one_row_with_a_link_and_its_mention_in_bold() -> None:
    assert alerts_page([ALERT]).splitlines()[2:] == [
        r"| [Talks \*resume\*](<https://news.example/a%281%29%7C2>) | kurils "
        r"| The **Kurils** \| again\: \<b\>Abe\<\/b\> met \[Putin\]\(javascript\:alert\)\. | north\-wire\, en |"
    ]


@pytest.mark.parametrize(
    ("text", "url", "expected"),
    [
        ("安倍首相", "https://ja.example/1", "[安倍首相](<https://ja.example/1>)"),
        ("x", "https://a.example/?q=<script>", "[x](<https://a.example/?q=%3Cscript%3E>)"),
        ("x", "javascript:alert(1)", "x"),
        ("a]b", "http://a.example/ )", r"[a\]b](<http://a.example/%20%29>)"),
    ],
)
def test_links_lead_only_to_addresses(text: str, url: str, expected: str) -> None:
    assert link(text, url) == expected


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (((0, 3), (8, 13)), "**Abe** met **Putin**"),
        (((8, 13), (0, 3)), "**Abe** met **Putin**"),
        (((0, 3), (2, 5)), "**Abe** met Putin"),
        ((), "Abe met Putin"),
    ],
    ids=["two", "out of order", "overlapping", "none"],
)
def test_marks_become_bold(marks: tuple[tuple[int, int], ...], expected: str) -> None:
    assert mark_sentence("Abe met Putin", marks) == expected


def test_lines_are_joined_and_long_cells_cut() -> None:
    assert escape_markdown("one\n# two") == r"one \# two"
    assert plain_cell("<img src=x>\n[a](b)") == "‹img src=x› (a)(b)"
    assert len(plain_cell("x" * 1000)) == 301
