"""Who is meant by a surname alone: what the whole article says.

The first full name of the article decides; when that is another bearer's, the nearest one before decides («Shintaro
Abe …; his son Shinzo Abe … . Abe …»). A full name that only introduces a relative («his father Shintaro Abe») decides
nothing. Without a full name before, the first one after decides (a headline «Abe says …», then «Shintaro Abe»), and
without any, the context words of the watchlist.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pipeline.records import Mention, Veto
from pipeline.watchlist.context import Clue, ContextScanner, Speaks, first_clue, near
from pipeline.watchlist.entries import Alone, WatchEntry
from pipeline.watchlist.forms import Role
from pipeline.watchlist.judge import Finding, Ruling, describe

_KIN_REACH = 60
_KIN_REACH_JAPANESE = 8
_KIN = re.compile(
    r"\b(?:father|mother|brother|sister|son|daughter|wife|husband|widow|grandfather|grandson|uncle|nephew|cousin|spouse"
    r"|отец|отца|отцу|отцом|сын\w{0,3}|жен[аыеу]|женой|супруг\w{0,2}|вдов\w{1,2}|доч\w{1,5}|брат\w{0,3}|дед\w{0,3}"
    r"|внук\w{0,3}|дяд\w{1,3}|племянник\w{0,2}|матер\w{1,3}|мать|батьк\w{1,3}|син\w{0,3}|дружин\w{0,3}|доньк\w{1,3}"
    r"|онук\w{0,3}|дід\w{0,3}|дядьк\w{1,2}|племінник\w{0,2}|чоловік\w{0,2})\b[^.!?\n]*$",
    re.IGNORECASE,
)
_KIN_JAPANESE = re.compile("(?:父|母|妻|兄|弟|息子|娘|祖父|孫|長男|次男|夫)[^。]*$")
_KIN_AFTER = re.compile(
    r"\s*,\s(?:his|her|its)\s(?:late\s|elder\s|younger\s)?(?:father|son|wife|brother|grandfather)\b"
)


class Fields:
    """Title and text of one article, and its clues once somebody asks."""

    def __init__(self, title: str, text: str, scanner: ContextScanner) -> None:
        self.texts: Mapping[str, str] = {"title": title, "text": text}
        self._scanner = scanner
        self._clues: list[Clue] | None = None

    def clues(self) -> list[Clue]:
        if self._clues is None:
            self._clues = [clue for where, text in self.texts.items() for clue in self._scanner.find(where, text)]
        return self._clues


def settle(
    entry: WatchEntry, findings: Sequence[Finding], fields: Fields, version: str
) -> tuple[list[Mention], list[Veto]]:
    """Decide every finding of one entry, given in reading order: the title, then the text."""
    mentions: list[Mention] = []
    vetoes: list[Veto] = []
    for at, finding in enumerate(findings):
        counts, why = _decide(entry, findings, at, fields)
        hit = finding.hit
        if counts:
            mentions.append(Mention(entry.slug, finding.where, hit.start, hit.end, hit.surface, why, version))
        else:
            vetoes.append(Veto(entry.slug, finding.where, hit.start, hit.end, hit.surface, why))
    return mentions, vetoes


def _decide(entry: WatchEntry, findings: Sequence[Finding], at: int, fields: Fields) -> tuple[bool, str]:
    finding = findings[at]
    match finding.ruling:
        case Ruling.COUNTS | Ruling.OURS:
            return True, finding.why
        case Ruling.VETOED | Ruling.OTHER:
            return False, finding.why
        case Ruling.LIKELY | Ruling.DOUBTFUL:
            return _decide_by_neighbours(findings, at, fields)
        case Ruling.OPEN | Ruling.OPEN_WORD:
            return _decide_alone(entry, findings, at, fields)


def _decide_by_neighbours(findings: Sequence[Finding], at: int, fields: Fields) -> tuple[bool, str]:
    finding = findings[at]
    clues = near(fields.clues(), finding.where, finding.hit.start, finding.hit.end)
    sides = (Speaks.AGAINST, Speaks.FOR_COMMON_WORD) if finding.form.twin else (Speaks.AGAINST,)
    against = first_clue(clues, *sides)
    if against:
        return False, f"«{finding.hit.surface}»: «{against.word}» near by speaks against it"
    if finding.ruling is Ruling.LIKELY:
        return True, finding.why
    sure = next((other for other in findings if other.ruling in (Ruling.COUNTS, Ruling.OURS)), None)
    if sure:
        return True, f"{finding.why}, with «{sure.hit.surface}» at {_place(sure, finding)}"
    support = first_clue(clues, Speaks.FOR)
    if support:
        return True, f"{finding.why}, with «{support.word}» near by"
    return False, f"«{finding.hit.surface}» may be something else, and no word near by speaks for it"


def _decide_alone(entry: WatchEntry, findings: Sequence[Finding], at: int, fields: Fields) -> tuple[bool, str]:
    """A surname or given name alone."""
    finding = findings[at]
    names = entry.languages[finding.form.language]
    part = "given name" if finding.form.role is Role.GIVEN else "surname"
    if finding.ruling is Ruling.OPEN_WORD:
        clues = near(fields.clues(), finding.where, finding.hit.start, finding.hit.end)
        common = first_clue(clues, Speaks.FOR_COMMON_WORD)
        if common and not first_clue(clues, Speaks.FOR):
            return False, f"the common word «{finding.hit.surface}»: «{common.word}» near by"
    full_names = [(place, other) for place, other in enumerate(findings) if other.ruling in (Ruling.OURS, Ruling.OTHER)]
    if finding.form.role is Role.GIVEN and full_names:
        # Whoever of the family is named in full, the given name alone is his.
        return True, f"{part} alone, with «{full_names[0][1].hit.surface}» at {_place(full_names[0][1], finding)}"
    deciding = [(place, other) for place, other in full_names if not _is_relative(other, fields)]
    earlier = [other for place, other in deciding if place < at]
    later = [other for place, other in deciding if place > at]
    if earlier:
        decider = earlier[0] if earlier[0].ruling is Ruling.OURS else earlier[-1]
        return _by_full_name(decider, finding, part)
    alone = names.given_alone if finding.form.role is Role.GIVEN else names.surname_alone
    support = first_clue(fields.clues(), Speaks.FOR)
    if later and (later[0].ruling is Ruling.OURS or alone is Alone.CONTEXT or support is None):
        return _by_full_name(later[0], finding, part)
    return _by_context(full_names, finding, fields, part, alone)


def _by_full_name(decider: Finding, finding: Finding, part: str) -> tuple[bool, str]:
    if decider.ruling is Ruling.OURS:
        return True, f"{part} alone, resolved by «{decider.hit.surface}» at {_place(decider, finding)}"
    person = decider.why.removeprefix("another person: ")
    return False, f"{part} alone, another person is named: {person} at {_place(decider, finding)}"


def _by_context(
    relatives: Sequence[tuple[int, Finding]], finding: Finding, fields: Fields, part: str, alone: Alone
) -> tuple[bool, str]:
    clues = fields.clues()
    against = first_clue(clues, Speaks.AGAINST)
    support = first_clue(clues, Speaks.FOR)
    if relatives and not against:
        relative = relatives[0][1]
        return True, f"{part} alone, a relative is named: «{relative.hit.surface}» at {_place(relative, finding)}"
    if alone is Alone.NEVER:
        return False, f"{part} alone"
    if against:
        return False, f"{part} alone, «{against.word}» speaks for another person"
    if support:
        return True, f"{part} alone, «{support.word}» speaks for it"
    if alone is Alone.COUNTS:
        return True, f"{part} alone: {describe(finding.form, finding.hit.surface)}"
    return False, f"{part} alone, and nothing tells who is meant"


def _is_relative(finding: Finding, fields: Fields) -> bool:
    """Whether the full name is introduced as somebody's father, wife, son."""
    text = fields.texts[finding.where]
    start = finding.hit.start
    return bool(
        _KIN.search(text[max(0, start - _KIN_REACH) : start])
        or _KIN_JAPANESE.search(text[max(0, start - _KIN_REACH_JAPANESE) : start])
        or _KIN_AFTER.match(text, finding.hit.end)
    )


def _place(other: Finding, finding: Finding) -> str:
    """«27», or «27 of the title» when that is another field."""
    return str(other.hit.start) if other.where == finding.where else f"{other.hit.start} of the {other.where}"
