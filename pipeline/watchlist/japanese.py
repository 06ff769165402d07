"""Where a Japanese name ends, without a dictionary: the script of the neighbours tells.

Katakana words are runs: プーチン inside ラスプーチン, クリル inside アクリル, アベ inside アベニュー are other words.
Kanji compounds are not: 安倍政権 and 反安倍 hold the name, 帰国後 does not hold 国後. So a name of two kanji (and not a
surname) takes no kanji on its left but a few that qualify it, and what else must not count is an exclusion of the
watchlist. After a surname comes an office or a group (安倍首相, 安倍派), or else a given name (安倍能成).
"""

from __future__ import annotations

import re

_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc\u31f0-\u31ff]")
_KANJI = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\u3005\u3007\uf900-\ufaff]")
_KANJI_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\u3005\u3007\uf900-\ufaff]{1,12}")
_KATAKANA_BEFORE = re.compile("(?:アンチ|ポスト|プロ|ミスター|ウラジーミル|ウラジミール|ロシア|ストップ)$")
_KATAKANA_AFTER = re.compile("タタール|ロシア|シンパ|ショック|チルドレン|ドクトリン|ジャパン")
_QUALIFYING = frozenset("南北東西島及並")

# What follows a surname and is no given name. Longer words first where one begins another.
_OFFICES = """
    首相 総理 総裁 元 前 現 政権 内閣 氏 派 官邸 官房長官 幹事長 会長 議員 代議士 大臣 閣僚 夫妻 家 邸 党 側近
    側 陣営 政治 外交 路線 一強 一族 一派 改憲 自民 自公 国葬 銃撃 襲撃 暗殺 殺害 死去 事務所 両 後 以 時代 世代
    三代 流 色 的 案 談話 演説 会見 会談 発言 答弁 辞任 退陣 退任 就任 訪 批判 支持 支援 応援 擁護 打倒 包囲
    晋三 様 君 殿 先生 系 型 版 番 関連 問題 疑惑 逮捕 麻生 菅 岸田 第 三選 続投 再登板 再選 主導 人気 人事 出席
    不在 任命 任期 圧勝 勝利 敗北 帰国 到着 出国 日 米 露 政策 経済 財政 財務 税制 教育 安保 防衛 憲法 歴史 戦後
    節 式 国会 寄付 献金
"""
_OFFICE_WORDS = tuple(sorted(set(_OFFICES.split()), key=len, reverse=True))
_WIFE = "夫人"
_OTHERS_TITLES = (
    "選手",
    "監督",
    "投手",
    "容疑者",
    "被告",
    "教授",
    "博士",
    "牧師",
    "神社",
    "文殊",
    "町",
    "川",
    "区",
    "郡",
)
_NAME_LENGTH = 4
_NAME_ENDINGS = frozenset(
    "郎子男雄夫美恵信成明寛介助輔彦平治司樹也哉弘博浩之太志史人斗翔香奈菜代江枝紀行幸義正任衛丸一二三四五六"
    "蔵造吉衛門作松仁朗良典憲久春秋昭洋宏広隆孝敬啓圭恭徹哲鉄武健剛強勇毅豊茂実稔進誠真理里沙希絵衣音乃梨"
    "花華咲結愛葵凛蓮陽翼大輝海空颯悠湊律朝晴頼時宗貞重綱盛経忠長光秀家康勝直政友朋智知聡賢優亮涼遼諒麻呂"
)


def is_bounded(text: str, start: int, end: int, *, is_strict: bool) -> bool:
    """Whether `text[start:end]` stands free. `is_strict`: not a surname, so that a kanji before it makes a word."""
    before = text[start - 1] if start else ""
    after = text[end] if end < len(text) else ""
    if _KATAKANA.match(text[start]) and _KATAKANA.match(before) and not _KATAKANA_BEFORE.search(text, 0, start):
        return False
    if _KATAKANA.match(text[end - 1]) and _KATAKANA.match(after) and not _KATAKANA_AFTER.match(text, end):
        return False
    if is_strict and end - start == 2 and _KANJI.match(text[start]) and _KANJI.match(before):
        return before in _QUALIFYING
    return True


def is_japanese(character: str) -> bool:
    return "\u3040" <= character <= "\u30ff" or bool(_KANJI.match(character)) or "\u31f0" <= character <= "\u31ff"


def given_name_after(text: str, end: int) -> str:
    """The given name that follows a surname ending at `end`, as far as its kanji tell; empty when there is none."""
    run = _KANJI_RUN.match(text, end)
    if run is None or text.startswith(_OFFICE_WORDS, end):
        return ""
    word = run.group()
    if word.startswith(_WIFE):
        return _WIFE
    for title in (*_OTHERS_TITLES, "氏", "様", "君", "元", "前", "首相"):
        at = word.find(title)
        if at >= 0:
            return word[: at or len(title)]
    return word if len(word) <= _NAME_LENGTH and word[-1] in _NAME_ENDINGS else ""
