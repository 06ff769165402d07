"""Is the word beside a surname somebody else's given name?

No list of all names exists; what names look like is known. Japanese ones are chains of open syllables in Hepburn or
Polivanov transcription, Russian and Ukrainian ones are in the dictionaries, Russian ones in Latin letters are few.
"""

from __future__ import annotations

import re

from pipeline.watchlist.entries import Origin
from pipeline.watchlist.morphology import is_common_word, is_place_or_adjective, name_cases

_HEPBURN = re.compile(
    r"(?:(?:[kgszjtdnhfbpmyrw]|ch|sh|ts|kk|tt|pp|ss|tch|ssh|(?:[kgnhbpmrj]|sh|ch)y)?(?:[aiueo]|oh(?![aiueo]))"
    r"(?:n(?![aiueoy]))?)+"
)
_POLIVANOV = re.compile(
    r"(?:(?:[кгсзтднхбпмрвфйчшщцж]|дз|дж|тт|кк|сс|пп|тц)?[аиуэояюёыеіїє](?:[нм](?![аиуэоеяюіїє]))?й?)+"
)
# English words of such syllables that begin sentences and headlines before a name.
_ENGLISH_WORDS = """
    make made take name named here are were more some hope note hate date tone one none gone done sure same home
    rate state ease base use woke wrote wine pose rise raise praise tie die see sea tea bee saw no so do to he
    we me be who how why yes vote site side hide ride wide gate fate mate base case obama biden asia europe
"""
# Places and heads of government are named directly before a surname without being a given name.
_PLACES = """
    japan tokyo kyoto osaka kobe nara nagoya sapporo hokkaido aomori iwate miyagi akita yamagata fukushima
    ibaraki tochigi gunma saitama chiba kanagawa niigata toyama ishikawa fukui yamanashi nagano gifu shizuoka
    aichi mie shiga hyogo wakayama tottori shimane okayama hiroshima yamaguchi tokushima kagawa ehime kochi
    fukuoka saga nagasaki kumamoto oita miyazaki kagoshima okinawa yokohama sendai nagato shimonoseki narita
    haneda karuizawa ise shima naha macao china korea manila hanoi sochi samara riga roma lima davos iowa
"""
_SURNAMES = """
    koizumi kishida suga mori fukuda noda hatoyama aso ishiba nakasone obuchi hashimoto murayama takeshita
    miyazawa коидзуми кисида кисиды суга суги мори фукуда фукуды нода ноды хатояма хатоямы асо исиба исибы
    накасонэ хасимото мураяма такэсита миядзава коїдзумі кісіда кісіди суга суґа морі фукуда нода хатояма асо
    ісіба накасоне обама обамы
"""
_NOT_JAPANESE = frozenset(f"{_ENGLISH_WORDS} {_PLACES} {_SURNAMES}".split())
_IN_A_PLACE = frozenset(("in", "at", "near", "в", "во", "на", "из", "із", "до", "під", "біля", "под", "близ"))
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
_WRITTEN_LIKE = {"nominative": "genitive", "accusative": "dative"}

WOMANS_TITLES = frozenset(
    """mrs ms miss madame mme lady frau
    госпожа госпожи госпоже госпожу госпожой г-жа г-жи г-же г-жу мадам
    пані фрау""".split()  # noqa: SIM905
)
"""Before a surname they name another person than the man we watch. Lower case."""


def is_given_name(word: str, origin: Origin, cases: tuple[str, ...], *, preceding: str, is_capital_sure: bool) -> bool:
    """Whether the capitalised `word`, beside a surname in these grammatical cases, reads as a given name.

    `cases` is empty for a surname that never changes, which any case of the given name agrees with. `preceding` is the
    word before (in Nagato Abe said: a place). `is_capital_sure` is False where a common word would have its capital
    too: at the start of a sentence, in capitals.
    """
    folded = word.lower().replace("ё", "е")
    if len(folded) < _SHORTEST_NAME or folded in _NOT_JAPANESE:
        return False
    if _LATIN.fullmatch(word):
        if origin is not Origin.JAPANESE:
            return folded in _RUSSIAN_IN_LATIN and (origin is Origin.RUSSIAN or is_capital_sure)
        return bool(_HEPBURN.fullmatch(folded)) and preceding.lower() not in _IN_A_PLACE
    mans, womans = name_cases(folded)
    if mans or womans:
        # «Людмила Путина», «Людмилу Путину»: a woman's surname in one case is written like a man's in another.
        as_mans = {_WRITTEN_LIKE[case] for case in womans if case in _WRITTEN_LIKE}
        return not cases or not (mans | womans | as_mans).isdisjoint(cases)
    if origin is not Origin.JAPANESE or not _POLIVANOV.fullmatch(folded) or preceding.lower() in _IN_A_PLACE:
        return False
    return not is_common_word(folded) or (is_capital_sure and not is_place_or_adjective(folded))
