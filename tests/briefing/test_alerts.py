"""Which rules fire, with which sentence, and what the message says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from digest_sample import RULES, make_alert

from pipeline.briefing.alerts import compose_alert_message, draft_alerts
from pipeline.records import AlertDraft, Mention, Rule, Tagging

TITLE = "Putin on the islands"
TEXT = (
    "The weather was fine. President Putin spoke of the Kuril Islands, and again of Putin himself. "
    "Nothing else was said of the Kuril Islands.\n安倍元首相は何も言わなかった。"
)


def tag(title: str = "", text: str = "", **words: str) -> Tagging:
    """Mentions of these words (a regular expression by entry), in title and text."""
    found = [
        Mention(entry, where, match.start(), match.end(), match.group(), "test", "v1")
        for where, body in (("title", title), ("text", text))
        for entry, pattern in words.items()
        for match in re.finditer(pattern, body)
    ]
    order = {"title": 0, "text": 1}
    return Tagging(tuple(sorted(found, key=lambda mention: (order[mention.where], mention.start))))


BOTH = tag(TITLE, TEXT, putin="Putin", kurils="Kuril Islands", abe="安倍")


def draft(rule: Rule, tagging: Tagging = BOTH, title: str = TITLE, text: str = TEXT) -> AlertDraft | None:
    drafts = draft_alerts((rule,), tagging, title, text)
    return drafts[0] if drafts else None


@pytest.mark.parametrize(
    ("rule", "fires"),
    [
        (Rule("r", "R", any_of=("putin",)), True),
        (Rule("r", "R", any_of=("crimea", "putin")), True),
        (Rule("r", "R", any_of=("crimea",)), False),
        (Rule("r", "R", all_of=("putin", "kurils")), True),
        (Rule("r", "R", all_of=("putin", "crimea")), False),
        (Rule("r", "R", all_of=("putin",), any_of=("crimea", "abe")), True),
        (Rule("r", "R", all_of=("putin",), any_of=("crimea",)), False),
        (Rule("r", "R", all_of=("crimea",), any_of=("putin",)), False),
        (Rule("r", "R"), False),
    ],
)
def test_when_a_rule_fires(rule: Rule, fires: bool) -> None:
    assert (draft(rule) is not None) is fires


def test_the_evidence_is_the_sentence_of_the_text_with_the_first_mention() -> None:
    found = draft(Rule("both", "Both", all_of=("kurils", "putin")))
    assert found is not None
    assert found.sentence == "President Putin spoke of the Kuril Islands, and again of Putin himself."
    assert [found.sentence[start:end] for start, end in found.marks] == ["Putin", "Kuril Islands", "Putin"]
    assert found.entries == ("putin", "kurils"), "in order of appearance"


def test_only_the_rules_own_entries_are_marked() -> None:
    found = draft(Rule("kurils", "Kurils", any_of=("kurils",)))
    assert found is not None
    assert [found.sentence[start:end] for start, end in found.marks] == ["Kuril Islands"]
    assert found.entries == ("kurils",)


def test_japanese_sentences_are_found() -> None:
    found = draft(Rule("abe", "Abe", any_of=("abe",)))
    assert found is not None
    assert found.sentence == "安倍元首相は何も言わなかった。"
    assert found.marks == ((0, 2),)


def test_the_title_is_the_evidence_where_the_text_has_none() -> None:
    found = draft(Rule("putin", "Putin", any_of=("putin",)), tag(TITLE, "", putin="Putin"), text="No names here.")
    assert found is not None
    assert (found.sentence, found.marks) == (TITLE, ((0, 5),))


def test_drafts_come_in_the_order_of_the_rules() -> None:
    rules = [Rule(name, name, any_of=(name,)) for name in ("abe", "crimea", "putin")]
    assert [draft.rule for draft in draft_alerts(rules, BOTH, TITLE, TEXT)] == ["abe", "putin"]


def test_a_text_without_full_stops_gives_a_sentence_one_can_read() -> None:
    text = "слово " * 5000 + "Путин " + "слово " * 5000
    found = draft(Rule("putin", "Putin", any_of=("putin",)), tag("", text, putin="Путин"), text=text)
    assert found is not None
    assert len(found.sentence) < 1000
    assert [found.sentence[start:end] for start, end in found.marks] == ["Путин"]


# --- the message ------------------------------------------------------------------------------------------------

ALERT = make_alert(
    7,
    "islands-talks",
    3,
    entries=("putin", "kurils"),
    title="Путин  назвал\nусловия",
    sentence="Президент Путин сказал «нет» о Курилах.",
    words=("Путин", "Курилах"),
    source="ostrov",
    language="ru",
)


def test_what_an_alert_says() -> None:
    message = compose_alert_message(ALERT, RULES[4], "Островная газета")
    assert message.kind == "alert"
    assert message.subject == "Talks about the islands: Путин назвал условия"
    assert message.text.splitlines() == [
        "Путин назвал условия",
        "Rule Talks about the islands · Островная газета · ru · Mon 23 Nov 2026, 20:53 UTC",
        "",
        "Президент **Путин** сказал «нет» о **Курилах**.",
        "",
        "https://www.ostrov.example/2026/11/7",
    ]
    assert (message.title, message.url) == ("Путин назвал условия", "https://www.ostrov.example/2026/11/7")
    assert (message.sentence, message.marks) == (ALERT.sentence, ALERT.marks)
    assert message.context == message.text.splitlines()[1]
    assert message.created_at == ALERT.created_at


def test_the_same_alert_is_the_same_message() -> None:
    assert compose_alert_message(ALERT, RULES[4], "X") == compose_alert_message(ALERT, RULES[4], "X")


def test_another_rule_story_or_address_is_another_key() -> None:
    others = [
        ALERT,
        replace(ALERT, rule="putin"),
        replace(ALERT, story_id=4),
        replace(ALERT, url="https://elsewhere.example/"),
    ]
    keys = {compose_alert_message(alert, RULES[4], "X").key for alert in others}
    assert len(keys) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)


def test_what_is_missing_is_said() -> None:
    bare = replace(ALERT, title="", url="javascript:alert(1)", language="", published_at=None)
    message = compose_alert_message(bare, RULES[4], "")
    assert message.subject == "Talks about the islands: (without a title)"
    assert message.url == ""
    assert "cannot be linked" in message.text
    assert "cannot be linked" in message.html
    assert message.context == "Rule Talks about the islands · ostrov · undated"
