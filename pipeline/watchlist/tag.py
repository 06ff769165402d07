"""Text in, mentions with reasons out: the door of the watchlist room.

fold ─▶ automaton (every form and exclusion, one pass) ─▶ nothing found: done
          └▶ judge (a window of words around each hit) ─▶ resolve (the whole article) ─▶ Tagging
"""

from __future__ import annotations

from pipeline.records import Mention, Tagging, Veto
from pipeline.watchlist.automaton import Scanner
from pipeline.watchlist.context import ContextScanner
from pipeline.watchlist.entries import Beside, Watchlist
from pipeline.watchlist.forms import compile_forms, inflect_words
from pipeline.watchlist.judge import Finding, judge
from pipeline.watchlist.morphology import INFLECTED
from pipeline.watchlist.resolve import Fields, settle
from pipeline.watchlist.windows import Windows

_NOTHING = Tagging(())
_MOST_HITS = 1_000
"""Of one field that are judged. No article names anybody so often; a hostile text must not cost a minute."""


class Tagger:
    """A compiled watchlist; satisfies `pipeline.ports.Tag`. Compiling takes about a second, once."""

    def __init__(self, watchlist: Watchlist) -> None:
        self.version = watchlist.version
        self._entries = {entry.slug: entry for entry in watchlist.entries}
        self._scanner = Scanner(compile_forms(watchlist))
        self._contexts = {entry.slug: ContextScanner(entry) for entry in watchlist.entries}
        self._windows = Windows({slug: _beside(watchlist, slug) for slug in self._entries})

    def __call__(self, title: str, text: str, language: str) -> Tagging:
        """Mentions and vetoes of one article, the title's first, each field in order of place.

        `language` (ISO 639-1, may be empty or wrong) only prefers one language's form where two are written alike.
        """
        findings: dict[str, list[Finding]] = {}
        for where, field in (("title", title), ("text", text)):
            for hit in self._scanner.scan(field, language)[:_MOST_HITS]:
                finding = judge(self._entries[hit.entry], hit, where, field, language, self._windows)
                findings.setdefault(hit.entry, []).append(finding)
        if not findings:
            return _NOTHING
        mentions: list[Mention] = []
        vetoes: list[Veto] = []
        for slug, found in findings.items():
            fields = Fields(title, text, self._contexts[slug])
            counted, vetoed = settle(self._entries[slug], found, fields, self.version)
            mentions += counted
            vetoes += vetoed
        return Tagging(tuple(sorted(mentions, key=_reading_order)), tuple(sorted(vetoes, key=_reading_order)))


def compile_tagger(watchlist: Watchlist) -> Tagger:
    """Compile a watchlist: word forms, automaton, context words."""
    return Tagger(watchlist)


def _reading_order(item: Mention | Veto) -> tuple[bool, int, int]:
    return item.where == "text", item.start, item.end


def _beside(watchlist: Watchlist, slug: str) -> list[tuple[str, Beside]]:
    """The beside-words of an entry and of its kind, in all their forms."""
    entry = next(entry for entry in watchlist.entries if entry.slug == slug)
    parts = [*watchlist.kinds.get(entry.kind, {}).items()]
    parts += [(language, names.beside) for language, names in entry.languages.items()]
    return [(language, _inflected(beside, language)) for language, beside in parts if language != "ja"]


def _inflected(beside: Beside, language: str) -> Beside:
    if language not in INFLECTED:
        return beside
    return Beside(*(inflect_words(words, language) for words in (beside.before, beside.after, beside.before_quoted)))
