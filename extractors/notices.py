"""Lines at either end of a body that speak to the reader about the site, not about the news."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MAX_NOTICE = 320
"""Characters; a paragraph that is longer has something to say."""
_ENDS = 6
"""Lines from each end that are looked at."""

_NOTICE = re.compile(
    r"""^\W*(?:
    # English: follow, subscribe, write to us
    (?:please\s)?(?:follow|like|join|find|connect\swith)\s.{0,80}
        \b(?:twitter|facebook|instagram|telegram|whatsapp|linkedin|youtube|tiktok|threads|bluesky|google\snews)\b
    | sign(?:ing)?\sup\s(?:here|today|now|.{0,80}\b(?:newsletters?|alerts?|updates|inbox|emails?|briefings?))\b
    | subscribe\b | .{0,60}\bsubscribe\sto\s(?:our|the)\b
    | get\s.{0,60}\b(?:newsletters?|inbox|notifications|updates\son)\b
    | (?:download|get)\s(?:our|the)\s.{0,30}\bapps?\b
    | (?:have|got)\s(?:a|any)\s(?:story|tips?|news|feedback|question)\b
    | (?:do\syou\s)?have\syou\s.{0,60}\?\s*(?:email|contact|get\sin)
    | get\sin\stouch\swith\s(?:us|our)\b | contact\s(?:us|the\s(?:author|reporter|editor))
    | email\s(?:us|the\s(?:author|reporter))
    | for\smore\s(?:stories|news|on\sthis)\b.{0,60}\b(?:check|visit|see|click|follow)\b | click\shere\s(?:to|for)\b
    # English: rights, origin, filing
    | our\sstandards: | (?:copyright|©|\(c\))\W | .{0,80}\ball\srights\sreserved\b
    | .{0,120}\bmay\snot\sbe\s(?:republished|reproduced|published)
    | this\s(?:article|story|post)\s(?:was|is|has\sbeen)\s(?:originally|first)\s(?:published|appeared)
    | (?:filed\sunder|tags?|topics?|categor(?:y|ies)|keywords?|sources?|via|photo|credit)\s*: | tags$
    | article\scontent$
    # English: buttons and thanks
    | (?:share|print|email|save|listen|comments?|advertisement|sponsored|promoted|continue\sreading|read\smore)\W*$
    | (?:share|tweet)\s(?:this|on)\b | more\s*:\s | (?:log|sign)\sin\s(?:or|to)\b
    | thank\syou\sfor\s(?:visiting|reading|your) | support\s(?:our|independent|quality)\b.{0,40}\bjournalism
    | if\syou\s(?:enjoyed|liked|value)\b | (?:enjoying|like)\s(?:our|this|what)
    | \d{1,2}[\s-]*min(?:ute)?s?\.?\s(?:read|to\sread)\W*$ | reading\stime\b
    | (?:last\s)?updated?\b.{0,30}\d{1,2}[:.]\d{2}
    # German, French
    | lesedauer\b | abonnieren\b | mehr\szum\sthema | passer\sla\spublicit | il\svous\sreste\s
    # Russian
    | подпис(?:ывайтесь|аться|ка)\b | читайте\s(?:нас|больше|последние|другие|наши|все) | следите\sза\s
    | присоединяйтесь\b | наш\s(?:канал|telegram) | новости\sв\s(?:telegram|дзен)
    | (?:фото|источник|теги|метки|автор\sфото|рубрика|по\sматериалам)\s*:
    | нашли\s(?:ошибку|опечатку) | если\sвы\s(?:нашли|заметили) | выделите\s | сообщить\sоб\sошибке | поделиться\b
    | (?:все\s)?права\sзащищены | при\s(?:использовании|перепечатке|копировании)\s | комментари\w{1,3}\W*$
    | редакция\sне\sнесет | материал\sподготовлен\b | реклама\W*$
    # Ukrainian
    | підпис(?:уйтесь|уйтеся|атися|ка)\b | приєднуйте(?:сь|ся)\b | стежте\sза\s
    | читайте\s(?:нас|найважливіші|головні|наші|усі) | наш\sканал | (?:джерело|теги|мітки)\s*:
    | якщо\sви\s(?:знайшли|помітили|побачили) | знайшли\sпомилку | виділіть\s | поділитися\b | усі\sправа
    # Japanese
    | .{0,40}無断(?:転載|複製|使用) | (?:この記事は)?(?:有料|会員)(?:会員)?(?:限定|記事|登録) | 残り\d
    | (?:無料)?会員登録 | 続きを読む | (?:記事を)?(?:シェア|ツイート|印刷|保存)(?:する)?\W*$
    | (?:twitter|facebook|line|x)で(?:シェア|フォロー) | この記事(?:を|に|は).{0,20}(?:シェア|いいね|コメント|有料|会員)
    | 【?(?:写真|画像)(?:を見る|特集) | .{0,30}メールマガジン
    | (?:提供|出典|引用元)\s*[:：] | ログイン(?:して|する)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# At most three words, a number, more numbers and marks, at most five words: no sentence.
_DATE_LINE = re.compile(
    r"^(?:[^\W\d]+\W+){0,3}(?:[^\W\d]+\.?\s)?\d[\d\s.,:/年月日時分()-]*(?:[^\W\d]+[\s.,:]+[\d\s.,:/-]*){0,4}[^\W\d]*\W?$"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


def drop_notices(paragraphs: Sequence[str], byline: str = "") -> list[str]:
    """Paragraphs without notices at the beginning and the end, the author's name as a line of its own, lines of nothing
    but a date, and a note on the author («Ann Example is a fellow at …») at the end."""
    kept = list(paragraphs)
    names = [name.strip().casefold() for name in byline.split(",") if len(name.strip()) > 3]
    for position in (*range(min(_ENDS, len(kept))), *range(max(_ENDS, len(kept) - _ENDS), len(kept))):
        if is_notice(kept[position]) or _is_name(kept[position], names) or _is_date(kept[position]):
            kept[position] = ""
    kept = [text for text in kept if text]
    while len(kept) > 1 and any(_tells_of(kept[-1], name) for name in names):
        kept.pop()
    return kept


def is_notice(text: str) -> bool:
    return len(text) <= _MAX_NOTICE and bool(_NOTICE.match(text))


def _is_name(text: str, names: Sequence[str]) -> bool:
    line = re.sub(r"^(?:by|von|par|por|автор|текст|文)\s*:?\s*", "", text.casefold()).strip(" .,;:")
    return line in names


def _is_date(text: str) -> bool:
    """A date with a few words around it: `Published 11 May 2018 at 10:24`, `2018年5月11日 10時24分`."""
    return len(text) <= 60 and bool(_DATE_LINE.match(text)) and bool(_YEAR.search(text))


def _tells_of(text: str, name: str) -> bool:
    verbs = r"(?:,|is\s|was\s|has\s|covers\s|writes\s|reports\s|joined\s|—|-|–|ist\s|является)"
    return bool(re.match(rf"\W*{re.escape(name)}\s*{verbs}", text.casefold()))
