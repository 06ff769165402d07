"""A morning's window in four languages, written for the project. The digest tests and the screenshot
are made of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipeline.records import (
    Alert,
    AlertState,
    DigestMaterial,
    EntryOutcome,
    PollOutcome,
    Round,
    RoundKind,
    Rule,
    SourceHealth,
    StoryFacts,
)

NOW = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)  # 07:00 on Tuesday in Tokyo
ENTRY_TITLES = {"kurils": "Kurils", "crimea": "Crimea", "abe": "Abe", "putin": "Putin"}
RULES = (
    Rule("kurils", "Kurils", any_of=("kurils",)),
    Rule("crimea", "Crimea", any_of=("crimea",)),
    Rule("abe", "Abe", any_of=("abe",)),
    Rule("putin", "Putin", any_of=("putin",)),
    Rule("islands-talks", "Talks about the islands", all_of=("kurils", "putin")),
)
SOURCE_NAMES = {
    "hokuto": "北斗新報",
    "east-wire": "East Wire",
    "ostrov": "Островная газета",
    "prymorskyi": "Приморський вісник",
    "strait-review": "The Strait Review",
    "nemuro-times": "Nemuro Times",
    "vestnik": "Вестник залива",
}


def make_alert(
    number: int,
    rule: str,
    story: int,
    *,
    entries: tuple[str, ...] = (),
    title: str = "A headline",
    sentence: str = "",
    words: tuple[str, ...] = (),
    source: str = "east-wire",
    language: str = "en",
    minutes_ago: int = 60,
    url: str = "",
) -> Alert:
    """An alert whose marks are the first place of each of `words` in its sentence."""
    seen_at = NOW - timedelta(minutes=minutes_ago)
    return Alert(
        id=number,
        rule=rule,
        story_id=story,
        article_id=number,
        entries=entries or (rule,),
        sentence=sentence,
        marks=tuple(sorted((sentence.index(word), sentence.index(word) + len(word)) for word in words)),
        created_at=seen_at,
        state=AlertState.DELIVERED,
        title=title,
        url=url or f"https://www.{source}.example/2026/11/{number}",
        source=source,
        language=language,
        published_at=seen_at - timedelta(minutes=7),
    )


def make_story(number: int, *sources: str, languages: str = "en", copies: int = 0, title: str = "") -> StoryFacts:
    """A story told by these sources, the first first."""
    return StoryFacts(
        id=number,
        first_source=sources[0],
        first_seen_at=NOW - timedelta(hours=9),
        last_seen_at=NOW - timedelta(hours=1),
        sources=sources,
        languages=tuple(languages.split()),
        articles=len(sources) + copies,
        copies=copies,
        title=title,
    )


def make_health(slug: str, name: str, **changes: object) -> SourceHealth:
    """A source that is well, but for the changes."""
    values: dict[str, object] = {
        "source": slug,
        "name": name,
        "is_enabled": True,
        "last_polled_at": NOW - timedelta(minutes=12),
        "last_outcome": PollOutcome.CHANGED,
        "failures": 0,
        "last_error": "",
        "articles": 120,
        "last_article_at": NOW - timedelta(hours=3),
        "next_due_at": NOW + timedelta(minutes=18),
    }
    return SourceHealth(**(values | changes))  # type: ignore[arg-type]


def make_material(
    alerts: tuple[Alert, ...] = (),
    stories: tuple[StoryFacts, ...] = (),
    history: tuple[Round, ...] = (),
    health: tuple[SourceHealth, ...] = (),
) -> DigestMaterial:
    """A window of these."""
    return DigestMaterial(
        name="daily",
        after_alert_id=40,
        upto_alert_id=max((alert.id for alert in alerts), default=40),
        after_round_id=900,
        upto_round_id=1180,
        alerts=alerts,
        stories={story.id: story for story in stories},
        history=history,
        health=health,
        since=NOW - timedelta(hours=24),
    )


def sample_material() -> DigestMaterial:
    """Seven stories, nine alerts, a first import, a backfill, three sources in trouble."""
    talks = (
        "Президент Владимир Путин заявил, что вопрос о южных Курилах может обсуждаться только после подписания "
        "мирного договора, и назвал сроки переговоров «разумными»."
    )
    alerts = (
        make_alert(
            41,
            "crimea",
            1,
            title="Окупанти обмежили рух поромів до Криму через шторм",
            sentence="Рух поромів до Криму зупинено щонайменше до вечора середи, повідомили у порту.",
            words=("Криму",),
            source="prymorskyi",
            language="uk",
            minutes_ago=700,
        ),
        make_alert(
            42,
            "kurils",
            2,
            title="北方領土の元島民、来春の墓参再開へ「残された時間は少ない」",
            sentence="元島民の団体は二十三日、択捉島と国後島への墓参を来年五月に再開するよう政府に求める要望書をまとめた。",
            words=("択捉島", "国後島"),
            source="hokuto",
            language="ja",
            minutes_ago=540,
        ),
        make_alert(
            43,
            "putin",
            3,
            title="Путин назвал условия возобновления переговоров с Токио",
            sentence=talks,
            words=("Путин",),
            source="ostrov",
            language="ru",
            minutes_ago=420,
        ),
        make_alert(
            44,
            "islands-talks",
            3,
            entries=("putin", "kurils"),
            title="Путин назвал условия возобновления переговоров с Токио",
            sentence=talks,
            words=("Путин", "южных Курилах"),
            source="ostrov",
            language="ru",
            minutes_ago=420,
        ),
        make_alert(
            45,
            "abe",
            4,
            title="Five notebooks from the Abe years show how close the 2018 islands deal came",
            sentence="In the second notebook an aide to Shinzo Abe counts eleven drafts of a treaty "
            "that would have handed over two islands.",
            words=("Shinzo Abe",),
            source="strait-review",
            minutes_ago=300,
        ),
        make_alert(
            46,
            "kurils",
            5,
            title="Fishing quota around the Kuril Islands to shrink by a fifth",
            sentence="Boats from Nemuro will be allowed 20 per cent less saury off the Kuril Islands next season, "
            "the fisheries office said on Monday.",
            words=("Kuril Islands",),
            source="nemuro-times",
            minutes_ago=240,
        ),
        make_alert(
            47,
            "putin",
            6,
            title="Kremlin confirms Putin will skip the Vladivostok forum",
            sentence="Putin will address the forum by video, his spokesman said, without giving a reason.",
            words=("Putin",),
            source="east-wire",
            minutes_ago=150,
        ),
        make_alert(
            48,
            "kurils",
            7,
            title="На Итурупе открыли новый причал для паромов",
            sentence="Причал на Итурупе рассчитан на суда длиной до ста метров; "
            "первый паром из Корсакова ждут в декабре.",
            words=("Итурупе",),
            source="vestnik",
            language="ru",
            minutes_ago=95,
        ),
        make_alert(
            49,
            "putin",
            5,
            title="Fishing quota around the Kuril Islands to shrink by a fifth",
            sentence="The decree, signed by Putin last week, takes effect on 1 January.",
            words=("Putin",),
            source="east-wire",
            minutes_ago=60,
        ),
    )
    stories = (
        make_story(1, "prymorskyi", languages="uk"),
        make_story(2, "hokuto", "nemuro-times", languages="ja en"),
        make_story(3, "ostrov", "vestnik", "east-wire", "hokuto", "prymorskyi", languages="ru en ja uk", copies=3),
        make_story(4, "strait-review"),
        make_story(5, "nemuro-times", "east-wire", languages="en", copies=1),
        make_story(6, "vestnik", "east-wire", "strait-review", languages="ru en", copies=2),
        make_story(7, "vestnik", languages="ru"),
    )
    history = (
        Round(
            "hokuto",
            RoundKind.IMPORT,
            PollOutcome.CHANGED,
            counts={EntryOutcome.NEW: 36, EntryOutcome.SUMMARY: 2, EntryOutcome.FAILED: 1},
            mentions={"putin": 12, "kurils": 9, "abe": 4},
            copies=2,
        ),
        Round(
            "strait-review",
            RoundKind.BACKFILL,
            PollOutcome.CHANGED,
            counts={EntryOutcome.NEW: 50},
            mentions={"kurils": 21},
        ),
        Round(
            "strait-review",
            RoundKind.BACKFILL,
            PollOutcome.CHANGED,
            counts={EntryOutcome.NEW: 14},
            mentions={"kurils": 6, "crimea": 2},
        ),
    )
    well = tuple(make_health(f"source-{number}", f"Source {number}") for number in range(33))
    named = tuple(make_health(slug, name) for slug, name in SOURCE_NAMES.items())
    sick = (
        make_health(
            "gulf-radio",
            "Gulf Radio",
            last_outcome=PollOutcome.FAILED,
            failures=14,
            last_error="the server answered 503",
        ),
        make_health("tikhii", "Тихий берег", last_article_at=NOW - timedelta(days=19)),
        make_health("slow-post", "Slow Post", last_polled_at=None, last_outcome=None, last_article_at=None),
    )
    return make_material(alerts, stories, history, (*named, *well, *sick))
