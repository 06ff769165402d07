"""Bytes whose header, declaration and content disagree, and the text that must come out."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.encoding import decode_html, decode_text, decode_xml

RU = "Представитель министерства сообщил, что переговоры об островах продолжатся весной."
UK = "Речниця відомства повідомила, що їхні перемовини щодо півострова триватимуть навесні."
JA = "外務省の報道官は、島をめぐる協議を来年の春に再開する方針だと発表した。"
FR = "Le ministère a confirmé hier soir que la négociation reprendra après l’été à Genève."


def page(text: str, charset: str = "") -> str:
    meta = f'<meta charset="{charset}">' if charset else ""
    return f"<!doctype html><html><head>{meta}<title>news</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("text", "codec", "header", "meta"),
    [
        (RU, "utf-8", "", ""),
        (RU, "utf-8", "utf-8", "windows-1251"),
        (RU, "utf-8", "windows-1251", ""),  # the header lies; any bytes "decode" as windows-1251
        (RU, "utf-8", "iso-8859-1", "iso-8859-1"),
        (RU, "cp1251", "windows-1251", ""),
        (RU, "cp1251", "utf-8", ""),  # the classic: declared utf-8, is windows-1251
        (RU, "cp1251", "utf-8", "utf-8"),
        (RU, "cp1251", "", ""),
        (RU, "cp1251", "iso-8859-1", "windows-1251"),  # a server's default against the page's own word
        (RU, "koi8-r", "koi8-r", ""),
        (RU, "koi8-r", "", ""),
        (UK, "cp1251", "utf-8", ""),
        (UK, "cp1251", "", ""),
        (UK, "koi8-u", "koi8-u", "utf-8"),
        (JA, "cp932", "shift_jis", ""),
        (JA, "cp932", "", "Shift_JIS"),
        (JA, "cp932", "utf-8", ""),
        (JA, "cp932", "", ""),
        (JA, "cp932", "", "x-sjis"),
        (JA, "cp932", "euc-jp", "shift_jis"),
        (JA, "euc_jp", "", "euc-jp"),
        (JA, "euc_jp", "", ""),
        (JA, "iso2022_jp", "", ""),
        (JA, "iso2022_jp", "iso-2022-jp", ""),
        (JA, "utf-8", "shift_jis", "shift_jis"),
        (JA, "utf-16", "", ""),
        (RU, "utf-16-le", "", ""),
        (RU, "utf-16-be", "", ""),
        (RU, "utf-32", "", ""),
        (FR, "cp1252", "", ""),
        (FR, "cp1252", "iso-8859-1", ""),
        (FR, "cp1252", "utf-8", "utf-8"),
        (RU, "utf-8", "no-such-charset", "unicode_escape"),
        (RU, "utf-8", "utf-7", ""),
    ],
)
def test_text_comes_out_whatever_was_declared(text, codec, header, meta):
    headers = {"content-type": f"text/html; charset={header}"} if header else {}
    assert decode_html(page(text, meta).encode(codec), headers) == page(text, meta)


def test_one_bad_byte_costs_one_character():
    body = page(RU * 5).encode()
    at = body.index("сообщил".encode())
    broken = body[:at] + b"\xff" + body[at:]
    assert decode_html(broken, {"content-type": "text/html; charset=utf-8"}) == page(RU * 5).replace(
        "сообщил", "\ufffdсообщил", 1
    )


def test_a_document_cut_inside_a_character_keeps_its_encoding():
    body = RU.encode()[:-2]
    assert decode_text(body, "", "").text.startswith(RU[:-2])


def test_a_byte_order_mark_wins_and_is_not_text():
    assert decode_html(codecs.BOM_UTF8 + RU.encode(), {"content-type": "text/html; charset=koi8-r"}) == RU


def test_a_utf8_mark_before_another_encoding_is_not_believed():
    assert decode_text(codecs.BOM_UTF8 + RU.encode("cp1251"), "", "windows-1251").text == RU


def test_the_xml_declaration_is_read_and_a_conflict_is_noted():
    text = f'<?xml version="1.0" encoding="utf-8"?><rss><title>{RU}</title></rss>'
    decoded = decode_xml(text.encode("cp1251"), {})
    assert (decoded.text, decoded.encoding) == (text, "cp1251")
    assert decoded.note == "declared utf-8, is cp1251"


@given(body=st.binary(max_size=300), header=st.text(max_size=20))
def test_never_fails(body, header):
    decode_html(body, {"content-type": f"text/html; charset={header}"})
    decode_xml(body, {})
