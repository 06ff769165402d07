"""Which language a text is written in: letters that only some languages use, then eldc's n-gram statistics.

eldc (an n-gram detector in the manner of Cavnar & Trenkle 1994) is right on nearly everything of four words and more;
letters mend what it gets wrong: it takes Japanese without many kana for Chinese and «Крим» for Bulgarian.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Mapping
from typing import Any

_SAMPLE = 4_000
"""Characters looked at."""
_NEAR = 0.06
"""Scores (0 to 1) closer than this to the best are a tie, which the hint may break."""

_LATIN = re.compile("[a-z\u00df-\u00f6\u00f8-\u024f\u1e00-\u1eff]", re.IGNORECASE)
_CYRILLIC = re.compile("[\u0400-\u052f]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_HANGUL = re.compile("[\uac00-\ud7af\u1100-\u11ff]")
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+|@\w+")

# Characters of one of the two only: Japanese new forms against those of China and Taiwan.
_JAPANESE_HAN = frozenset(
    "対応団戦駅広沢売気図実発県検択権済経総験険観関歓労働込畑峠辻匂円圧囲価歳帰読説様残浜鉄拡処変続"
)
_CHINESE_HAN = frozenset(
    "们这为说对时发东长门问间见现实认让议论设访谈该话调谁请读课级纪约纳纽线练组细织终绍经结给络统继续维绿编车轮转轻载较"
    "辑输还进远违连迟适选递钟钢铁银锋错键长难陆险随隐预领题风飞驻鱼鲜鸟黄龙你她吗吧呢哪您這們說對發來實讓"
)

# Letters of the Cyrillic alphabets that tell them apart.
_RUSSIAN_LETTERS = frozenset("ыэъё")
_UKRAINIAN_LETTERS = frozenset("іїєґ")
_SERBIAN_LETTERS = frozenset("ђћџљњјѓќѕ")
_OTHER_LETTERS = frozenset("әғқңөұүһҳҷӣӯҙҫҡԥӷӑӗӳ")

_SCRIPT_OF = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "tg", "tt", "ba", "mn", "cv", "os"), "cyrillic"),
    **dict.fromkeys(("ja", "zh"), "east"),
    **dict.fromkeys(("ko",), "hangul"),
    **dict.fromkeys(("ar", "fa", "ur", "he", "hi", "th", "ka", "hy", "el", "am", "bn", "ta"), "other"),
}
"""Of the languages a source may name; one that is not here is taken to write Latin letters."""

# How often the telling letters of each language stand in its texts: the longer a text is without any, the less likely
# it is written in it. A unit of log-likelihood weighs _DOUBT in eldc's score.
_TELLING_SHARE = {"ru": 0.025, "uk": 0.07, "be": 0.12, "bg": 0.03, "sr": 0.06}
_DOUBT = 0.02

_detector: Any = None
_opening = threading.Lock()


def detect_language(text: str, *, hint: str = "") -> str:
    """ISO 639-1 of the text, or an empty string when nothing tells. `hint`, what the source says, only breaks ties.

    Pure but for loading eldc once; safe in threads.
    """
    sample = _ADDRESS.sub(" ", text[:_SAMPLE])
    scripts = {
        "latin": len(_LATIN.findall(sample)),
        "cyrillic": len(_CYRILLIC.findall(sample)),
        # A Chinese character or a syllable says as much as two or three letters.
        "east": 3 * (len(_KANA.findall(sample)) + len(_HAN.findall(sample))),
        "hangul": 3 * len(_HANGUL.findall(sample)),
    }
    script = max(scripts, key=lambda name: scripts[name])
    if not scripts[script]:
        return _by_statistics(sample, hint)
    if _SCRIPT_OF.get(hint, "latin") != script:
        hint = ""
    if script == "hangul":
        return "ko"
    if script == "east":
        return _read_east(sample, hint)
    if script == "cyrillic":
        return _read_cyrillic(sample.casefold(), hint)
    return _by_statistics(sample, hint)


def _read_east(sample: str, hint: str) -> str:
    """Japanese has kana in every sentence; a headline may do without, then the forms of its characters tell."""
    kana, han = len(_KANA.findall(sample)), len(_HAN.findall(sample))
    if kana >= 0.05 * (kana + han):
        return "ja"
    japanese = sum(1 for character in sample if character in _JAPANESE_HAN)
    chinese = sum(1 for character in sample if character in _CHINESE_HAN)
    if japanese != chinese:
        return "ja" if japanese > chinese else "zh"
    if hint in ("ja", "zh"):
        return hint
    return _by_statistics(sample, hint, among=("ja", "zh"))


def _read_cyrillic(sample: str, hint: str) -> str:
    def count(letters: Collection[str]) -> int:
        return sum(sample.count(letter) for letter in letters)

    russian, ukrainian = count(_RUSSIAN_LETTERS), count(_UKRAINIAN_LETTERS)
    if count(_OTHER_LETTERS) > max(russian, ukrainian, 2):
        return hint if hint not in _TELLING_SHARE else ""
    if sample.count("ў") > 0 and sample.count("и") <= sample.count("і"):
        return "be"
    if count(_SERBIAN_LETTERS) > max(russian, ukrainian):
        return _by_statistics(sample, hint, among=("sr",)) if "ј" in sample else "sr"
    if ukrainian > russian:
        # Belarusian writes і and ы, Ukrainian never ы but in a quotation.
        return _by_statistics(sample, hint, among=("be", "uk")) if russian else "uk"
    if russian > ukrainian:
        if ukrainian:
            return _by_statistics(sample, hint, among=("ru", "be"))
        if sample.count("ы") + sample.count("э") + sample.count("ё"):
            return "ru"
        # Only ъ: rare in Russian, frequent in Bulgarian.
        return _by_statistics(sample, hint, among=("ru", "bg"))
    return _by_statistics(sample, hint, among=tuple(_TELLING_SHARE))


def _by_statistics(sample: str, hint: str, among: Collection[str] = ()) -> str:
    """eldc's best language, or the hint where that is about as likely, or where eldc knows nothing."""
    scores = _score(sample)
    if among:
        length = len(_CYRILLIC.findall(sample))
        scores = {
            language: score - _DOUBT * length * _TELLING_SHARE.get(language, 0.0)
            for language, score in scores.items()
            if language in among
        }
    if not scores:
        return hint if not among or hint in among else ""
    best = max(scores, key=lambda language: scores[language])
    if hint != best and scores.get(hint, 0.0) >= scores[best] - _NEAR:
        return hint
    return best


def _score(sample: str) -> Mapping[str, float]:
    global _detector
    with _opening:
        if _detector is None:
            import eldc  # type: ignore[import-untyped]

            eldc.init()
            detector = eldc.instance()
            detector.set_scores(20)
            _detector = detector
        scores: Mapping[str, float] = _detector.detect_details(sample).scores
    return scores
