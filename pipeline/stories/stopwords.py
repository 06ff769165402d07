"""Words that say nothing about an event, in the languages of the watchlist. Others are left to document frequency."""

from __future__ import annotations

from pipeline.stories.words import stem

_ENGLISH = """
a about above after again against all also although am among an and another any are around as at away back be because
been before being below between both but by came can cannot come could day days did do does doing done down during each
even ever every few first five for four from further get gets getting go goes going gone got had has have having he her
here hers herself him himself his how however i if in into is isnt it its itself just know last later less like made
make makes many may me might more most much must my myself near never new next no nor not now of off often on once one
only or other others our ours out over own part people per put really s said same saw say saying says second see seen
several she should since six so some something still such take taken ten than that thats the their theirs them
themselves then there these they thing things think this those though three through time times to together told too
took toward two under until up upon us use used using very via want was way we well went were what when where whether
which while who whom whose why will with within without would year years yet you your yours yourself monday tuesday
wednesday thursday friday saturday sunday january february march april june july august september october november
december according add added including reported report reports news reuters ap afp photo image video read today week
month months weeks
"""
_RUSSIAN = """
а без более больше будет будут бы был была были было быть в вам вас весь во вот все всего всех вы где говорит год года
году да даже для до его ее ей ему если есть еще же за здесь и из или им их к как какой когда которая которого которое
которой которые который которых кто ли лишь между меня мне много может можно мы на над надо нам нас не него нее ней нет
ни них но ну о об однако он она они оно от очень по под после потому почти при про раз с сам сама сами свое своей свои
своих свой себя сейчас со собой стал стала стали так также такая такие такой там тем теперь то тогда того тоже той
только том тот три тут ты у уже фото хотя чего чей чем через что чтобы чуть эта эти этим этих это этого этой этом этот
эту я сообщил сообщила сообщили сообщает сообщается сказал сказала заявил заявила заявили отметил добавил пишет передает
словам данным информации время дня день дней лет месяц понедельник вторник среду четверг пятницу субботу воскресенье
января февраля марта апреля мая июня июля августа сентября октября ноября декабря риа новости тасс интерфакс сегодня
вчера ранее
"""
_UKRAINIAN = """
або адже але б без бо був була були було бути більше в вам вас весь вже ви від він вона вони воно все всі всіх де для до
є ж з за зі й його йому її їй їх із і коли котрий крім лише між мене мені може можна ми на над нам нас не нема них ніж
но ну о об один однак от перед під по після поки при про раз сам саме свій своїх своєї себе та так також там те тепер ти
тим тих то тобто того тоді той тому тут у усі хоча це цей цього цьому ці цих чи через що щоб ще я як яка який яких які
якого яку року рік років день днів місяць заявив заявила повідомив повідомила повідомили повідомляє сказав сказала
зазначив додав пише словами даними понеділок вівторок середу четвер п'ятницю суботу неділю січня лютого березня квітня
травня червня липня серпня вересня жовтня листопада грудня сьогодні вчора раніше
"""
_JAPANESE = """
今日 昨日 午前 午後 今回 同日 発表 明らか 記事 写真 記者 関係 場合 必要 方針 理由 自分 以上 以下 以前 以降 今後 一方
同社 同氏 ニュース 共同通信 時事通信
"""

STOP_TERMS = frozenset(
    stem(word) for words in (_ENGLISH, _RUSSIAN, _UKRAINIAN) for word in words.replace("'", "").split()
) | frozenset(_JAPANESE.split())
"""Stemmed like the terms they are kept out of."""
