"""How fast articles are tagged: ours, spaCy's PhraseMatcher over every article, one compiled regular expression.

    python benchmarks/tag.py

Generates 900-word articles (English, Russian, Ukrainian, and Japanese that says as much), once with a watched name in
2 of 100 and once in all of them, and prints articles per second of processor time (a busy machine does not blur it):
medians of five rounds for ours, of three for the others, which see fewer articles because they are slower.
The two others only find forms; ours also decides which count, and why. All look for the same forms. Under 60 s.
"""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import spacy
from spacy.matcher import PhraseMatcher

from pipeline.watchlist.entries import parse_watchlist
from pipeline.watchlist.forms import Role, compile_forms
from pipeline.watchlist.tag import compile_tagger

WATCHLIST = Path(__file__).parent.parent / "seeds" / "watchlist.yaml"
ARTICLES = 200
WORDS = 900
MENTIONS = 6
"""Watched names in an article that has any."""
ROUNDS = 5
PEER_ROUNDS = 3

WORDLISTS = {
    "en": """
        the of and to in minister said that economy was region for on talks with officials budget from agreed
        report which growth trade harbour winter energy market their new about after fishing vessel quota
        negotiators committee during weather statement regional council prices company announced exports
        investment northern coast season
    """,
    "ru": """
        и в на что по из для министр заявил экономика регион после переговоры бюджет рост торговля порт зима
        энергия рынок новый около судно квота комитет во время погода заявление совет цены компания объявила
        экспорт инвестиции побережье сезон власти города сообщили который будет также однако жители решение
        проекта
    """,
    "uk": """
        і в на що за з для міністр заявив економіка регіон після переговори бюджет зростання торгівля порт зима
        енергія ринок новий близько судно квота комітет під час погода заява рада ціни компанія оголосила експорт
        інвестиції узбережжя сезон влада міста повідомили який буде також однак мешканці рішення проєкту
    """,
    "ja": """
        政府は 会議で 経済の 成長を 発表した 地域の 漁業 交渉が 続いている 首都で 予算案を 可決した 輸出は
        前年より 増加し 市場では 価格が 上昇した 天候の 影響で 港に 委員会は 新しい 計画を 決めた 住民は 説明を
        求めている
    """,
}
NAMES = {
    "en": ["Vladimir Putin", "Crimea", "Shinzo Abe", "Abe", "the Kuril Islands", "Etorofu"],
    "ru": ["Владимира Путина", "Крыму", "Синдзо Абэ", "Абэ", "Курильских островов", "Итурупе"],
    "uk": ["Володимира Путіна", "Криму", "Сіндзо Абе", "Абе", "Курильських островів", "Ітурупі"],
    "ja": ["プーチン大統領", "クリミア半島", "安倍晋三首相", "安倍首相", "北方領土", "択捉島"],
}
RARE_WORDS = 8_000
"""Made-up words beside the common ones: real text does not repeat 100 words, which a tokenizer's cache would love."""
RARE_SHARE = 0.3
SYLLABLES = {
    "en": "ba con der fil gar hol in jus kel lor men nor op pre quen ras sim ter ul ver wen yor zan ing ed er",
    "ru": "ба вол гра де жи зар ин ко лес мо на об пре рас сим тер ум фил хор цен чи ша ный ния ла ет",
    "uk": "ба вол гра де жи зар ін ко ліс мо на об пре рас сим тер ум філ хор цін чи ша ний ння ла є",
    "ja": "あさ かい しん 都 県 海 山 道 会 社 新 生 年 月 電 車 学 校 が に を は",
}
JAPANESE_UNITS = WORDS // 2
"""Two English words carry about as much as one Japanese phrase of four characters."""


def make_articles(language: str, hit_share: float, rng: random.Random) -> list[str]:
    common = WORDLISTS[language].split()
    rare = ["".join(rng.choices(SYLLABLES[language].split(), k=rng.randint(2, 4))) for _ in range(RARE_WORDS)]
    joint, stop = ("", "。") if language == "ja" else (" ", ".")
    articles = []
    for number in range(ARTICLES):
        length = JAPANESE_UNITS if language == "ja" else WORDS
        chosen = [rng.choice(rare if rng.random() < RARE_SHARE else common) for _ in range(length)]
        if number < hit_share * ARTICLES:
            for place in rng.sample(range(len(chosen)), MENTIONS):
                chosen[place] = rng.choice(NAMES[language])
        sentences, at = [], 0
        while at < len(chosen):
            length = rng.randint(8, 25)
            sentence = joint.join(chosen[at : at + length])
            sentences.append(sentence[:1].upper() + sentence[1:] + stop)
            at += length
        paragraphs = [sentences[index : index + 4] for index in range(0, len(sentences), 4)]
        articles.append("\n".join((joint or "").join(paragraph) for paragraph in paragraphs))
    return articles


def median_rate(work: Callable[[str], object], articles: list[str], rounds: int) -> float:
    """Articles per second."""
    for article in articles[:10]:
        work(article)
    times = []
    for _ in range(rounds):
        started = time.process_time()
        for article in articles:
            work(article)
        times.append(time.process_time() - started)
    return len(articles) / statistics.median(times)


def main() -> None:
    watchlist = parse_watchlist(WATCHLIST.read_text(encoding="utf-8"), WATCHLIST.name)
    started = time.process_time()
    tag = compile_tagger(watchlist)
    print(f"compiled in {time.process_time() - started:.2f} s")
    forms = sorted({form.text for form in compile_forms(watchlist) if form.role is not Role.EXCLUDED}, key=len)
    pattern = re.compile("|".join(rf"\b{re.escape(form)}\b" for form in reversed(forms)), re.IGNORECASE)
    rng = random.Random(7)
    print(f"{len(forms)} forms, {ARTICLES} articles a row, articles per second\n")
    print(f"{'language':<10}{'with a name':>12}{'watchwire':>12}{'PhraseMatcher':>15}{'re':>8}")
    for language in WORDLISTS:
        # Japanese needs a dictionary tokenizer in spaCy that is not installed here: no figure.
        pipeline = None if language == "ja" else spacy.blank(language)
        matcher = None
        if pipeline is not None:
            matcher = PhraseMatcher(pipeline.vocab, attr="LOWER")
            matcher.add("watchlist", [pipeline.make_doc(form) for form in forms])
        for share in (0.02, 1.0):
            articles = make_articles(language, share, rng)
            ours = median_rate(lambda text, code=language: tag("", text, code), articles, ROUNDS)
            peer = "–"
            if pipeline is not None and matcher is not None:
                few = articles[:: ARTICLES // 25]
                peer = f"{median_rate(lambda text, p=pipeline, m=matcher: m(p.make_doc(text)), few, PEER_ROUNDS):,.0f}"
            plain = median_rate(lambda text: pattern.findall(text), articles[:: ARTICLES // 5], PEER_ROUNDS)
            print(f"{language:<10}{share:>12.0%}{ours:>12,.0f}{peer:>15}{plain:>8,.0f}")


if __name__ == "__main__":
    main()
