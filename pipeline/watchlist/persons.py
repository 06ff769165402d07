"""Is the word beside a surname somebody else's given name?

No list of all names exists; what names look like is known. Japanese ones are chains of open syllables in Hepburn or
Polivanov transcription, Russian and Ukrainian ones are in the dictionaries, Russian ones in Latin letters are few.
"""

from __future__ import annotations

import re

from pipeline.watchlist.entries import Origin
from pipeline.watchlist.morphology import is_common_word, name_cases

_HEPBURN = re.compile(
    r"(?:(?:[kgszjtdnhfbpmyrw]|ch|sh|ts|kk|tt|pp|ss|tch|ssh|(?:[kgnhbpmrj]|sh|ch)y)?(?:[aiueo]|oh(?![aiueo]))"
    r"(?:n(?![aiueoy]))?)+"
)
_POLIVANOV = re.compile(
    r"(?:(?:[кгсзтднхбпмрвфйчшщцж]|дз|дж|тт|кк|сс|пп|тц)?[аиуэояюёыеіїє](?:[нм](?![аиуэоеяюіїє]))?й?)+"
)
# English words of such syllables that begin sentences and headlines before a name.
_NOT_JAPANESE = frozenset(
    """make made take name named here are were more some hope note hate date tone one none gone done sure same home rate
    state ease base use made woke wrote wine pose rise raise praise tie die see sea tea bee pea saw no so do to he we
    me be who how why yes japan china tokyo kyoto obama biden macao iowa asia europe vote site side hide ride
    wide gate fate mate pate base case vase""".split()  # noqa: SIM905
)
_RUSSIAN_IN_LATIN = frozenset(
    """aleksandr aleksei aleksey alexander alexei alexey alina anastasia anatoly andrei andrey anna anton arkady boris
    daria denis dmitri dmitry ekaterina elena evgeny fyodor galina georgy gennady grigory igor ilya irina ivan katerina
    kirill konstantin ksenia larisa leonid lidia lyubov lyudmila ludmila maksim maria marina mariya maxim mikhail
    nadezhda natalia natalya nikita nikolai nikolay oksana oleg olga pavel polina pyotr roman ruslan sergei sergey
    sofia spiridon stanislav stepan svetlana tamara tatiana tatyana vadim valentina valentin valery vasily vera
    veronika victor viktor viktoria vitaly vyacheslav yekaterina yelena yevgeny yulia yuri yury zinaida""".split()  # noqa: SIM905
)
_LATIN = re.compile(r"[A-Za-z'’-]+")
_SHORTEST_NAME = 2

WOMANS_TITLES = frozenset(
    """mrs ms miss madame mme lady frau
    госпожа госпожи госпоже госпожу госпожой г-жа г-жи г-же г-жу мадам
    пані фрау""".split()  # noqa: SIM905
)
"""Before a surname they name another person than the man we watch. Lower case."""


def is_given_name(word: str, origin: Origin, case: str, *, is_capital_sure: bool) -> bool:
    """Whether the capitalised `word`, beside a surname in this grammatical case, reads as a given name.

    `case` is empty for a surname that never changes, which any case of the given name agrees with. `is_capital_sure`
    is False where a common word would have its capital too: at the start of a sentence, in capitals.
    """
    folded = word.lower().replace("ё", "е")
    if len(folded) < _SHORTEST_NAME:
        return False
    if _LATIN.fullmatch(word):
        if origin is Origin.RUSSIAN:
            return folded in _RUSSIAN_IN_LATIN
        if origin is Origin.JAPANESE:
            return bool(_HEPBURN.fullmatch(folded)) and folded not in _NOT_JAPANESE
        return is_capital_sure and folded in _RUSSIAN_IN_LATIN
    cases, is_feminine = name_cases(folded)
    if cases:
        return is_feminine or not case or bool(cases & _grammemes(case))
    is_shaped = origin is Origin.JAPANESE and bool(_POLIVANOV.fullmatch(folded))
    return is_shaped and (is_capital_sure or not is_common_word(folded))


def _grammemes(case: str) -> set[str]:
    """The dictionary's names of a case; «Путина» is genitive and accusative, told as the first."""
    same = {
        "nominative": {"nomn", "voct"},
        "genitive": {"gent", "accs"},
        "dative": {"datv"},
        "accusative": {"accs", "gent"},
        "instrumental": {"ablt"},
        "prepositional": {"loct", "datv"},
        "locative": {"loct", "loc2"},
        "vocative": {"voct"},
    }
    return same.get(case, set())
