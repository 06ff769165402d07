"""One address per article: the many spellings under which a page is linked, folded into one key.

A key is an identity, not a link: http and https, `www.` and mobile hosts are made one, so it may not open. Records
carry the address to open beside it.

Folded: scheme (https), case of scheme and host, IDN to ASCII, default port, leading `www.` `m.` `mobile.` `amp.` of the
host, percent-encoding, dot segments, repeated and trailing slashes, index files, AMP segments and suffixes,
`;jsessionid`, parameters that only say where a reader came from (`utm_*`, `fbclid`, `ref=rss` …), session ids, the
order of the rest, the fragment.
Kept apart: case of the path, every other parameter, `#!` fragments, ports, `.html` against none, other subdomains
(`ua.`, `en.`), `/amp` alone.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

MAX_LENGTH = 2_048
_PORTS = {"http": 80, "https": 443}
_HOST_PREFIXES = ("www.", "m.", "mobile.", "amp.")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\\u2028\u2029\ufffd]")
_HOST = re.compile(r"[^\s/?#@\[\]:%<>\"|^`{}]+|\[[0-9a-f:.]+\]", re.IGNORECASE)
_PATH_SAFE = "!$&'()*+,;=:@~"
_QUERY_SAFE = "!$'()*,;:@/?~"
_INDEX_FILES = frozenset({"index.html", "index.htm", "index.php", "index.shtml", "default.aspx", "default.htm"})
_SESSION_SUFFIX = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/]*", re.IGNORECASE)
_AMP_SUFFIX = re.compile(r"\.amp(\.html?)?$", re.IGNORECASE)

# Parameters that never choose the content.
_TRACKING_PREFIXES = (
    "utm_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_", "_hs", "wt.", "ga_", "__twitter", "fb_", "ns_mchannel",
    "ns_source", "ns_campaign", "ns_linkname", "ns_fee", "at_medium", "at_campaign", "at_link", "at_ptr", "at_bbc",
    "at_custom",
)  # fmt: skip
_TRACKING = frozenset([
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "yclid", "ysclid", "ymclid", "msclkid", "twclid",
    "ttclid", "li_fat_id", "igshid", "mibextid", "srsltid", "igsh", "mc_cid", "mc_eid", "action_object_map",
    "action_type_map", "action_ref_map", "_openstat", "openstat", "xtor", "cmpid", "cmp", "cmpgn", "ocid", "ito",
    "smid", "smtyp", "mkt_tok", "vero_id", "oly_enc_id", "oly_anon_id", "guccounter", "guce_referrer",
    "guce_referrer_sig", "ref_src", "ref_url", "ref_", "referrer", "spm", "ncid", "taid", "ftag", "amp", "amp_js_v",
    "usqp", "_amp", "_ga", "_gl", "print", "output_type", "outputtype", "share_id", "sharetoken", "sref", "sfnsn",
    "rss_id", "rssid", "tblci", "traffic_source", "recirc", "nr_email_referer", "phpsessid", "jsessionid", "oscsid",
    "zenid", "cfid", "cftoken", "sessionid", "session_id",
])  # fmt: skip
# Parameters that say where a reader came from when their value is such a place, and may mean anything else otherwise.
_CHANNEL_NAMES = frozenset(
    {"ref", "from", "source", "src", "via", "partner", "feed", "share", "origin", "output", "view"}
)
_CHANNELS = frozenset([
    "rss", "rss2", "atom", "feed", "twitter", "tw", "x", "facebook", "fb", "telegram", "tg", "tgm", "vk", "ok",
    "odnoklassniki", "whatsapp", "wa", "viber", "email", "mail", "e-mail", "newsletter", "push", "share", "social",
    "home", "homepage", "main", "mainpage", "main_page", "top", "topnews", "yandex", "ya", "yxnews", "google",
    "gnews", "googlenews", "smi2", "rambler", "mirtesen", "zen", "dzen", "linkedin", "reddit", "line", "hatena",
    "amp", "app", "mobile", "android", "ios", "web", "copy", "link",
])  # fmt: skip
_LONG_TOKEN = re.compile(r"[0-9a-z]{16,}", re.IGNORECASE)


def canonicalise_address(url: str) -> str:
    """The key an article is known by. Never fails: what is no web address comes back without outer spaces.

    Pure text: nothing is looked up. `canonicalise_address` of a key is the key.
    """
    url = url.strip()
    split = _split(url)
    if split is None:
        return url
    parts, host, port = split
    host = _fold_host(host) + port
    query = _fold_query(parts.query)
    fragment = f"#{_requote(parts.fragment, _QUERY_SAFE + '&=')}" if parts.fragment.startswith("!") else ""
    return f"https://{host}{_fold_path(parts.path)}{'?' + query if query else ''}{fragment}"


def host_of(url: str) -> str:
    """Host, lower-case, with the port where it is not the scheme's own: what sources are batched by. Empty if none."""
    split = _split(url.strip())
    return split[1] + split[2] if split else ""


def is_web_address(url: str) -> bool:
    """Whether `url` is absolute, http or https, with a host, without credentials and of a sane length.

    A spelling check for links found in pages and feeds. Whether we connect there is the fetcher's own question.
    """
    if len(url) > MAX_LENGTH or _FORBIDDEN.search(url):
        return False
    split = _split(url)
    return split is not None and "@" not in split[0].netloc


def _split(url: str) -> tuple[SplitResult, str, str] | None:
    """Parts, host in ASCII, and `:port` where it is not the scheme's own; None when it is no web address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or port == 0:
        return None
    host = _to_ascii(parts.hostname or "")
    if not _HOST.fullmatch(host):
        return None
    return parts, host, "" if port in (None, _PORTS[parts.scheme]) else f":{port}"


def _to_ascii(host: str) -> str:
    """Empty when there is no such name."""
    host = host.lower().rstrip(".")
    if ":" in host:
        return f"[{host}]"
    if host.isascii():
        return host
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""


def _fold_host(host: str) -> str:
    while True:
        for prefix in _HOST_PREFIXES:
            if host.startswith(prefix) and "." in host[len(prefix) :]:
                host = host[len(prefix) :]
                break
        else:
            return host


def _fold_path(path: str) -> str:
    segments: list[str] = []
    for raw in _SESSION_SUFFIX.sub("", path).split("/"):
        segment = _requote(raw, _PATH_SAFE)
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    while segments:
        last = segments[-1]
        if last.lower() in _INDEX_FILES or (last.lower() == "amp" and len(segments) > 1):
            segments.pop()
        elif segments[0].lower() == "amp" and len(segments) > 1:
            del segments[0]
        elif (plain := _AMP_SUFFIX.sub(lambda found: found[1] or "", last)) not in (last, "", ".", ".."):
            segments[-1] = plain
        else:
            break
    return "/" + "/".join(segments)


def _fold_query(query: str) -> str:
    pairs: set[tuple[str, str]] = set()
    for piece in query.split("&"):
        name, _, value = piece.partition("=")
        name = _requote(name.removeprefix("amp;").replace("+", " "), _QUERY_SAFE)
        value = _requote(value.replace("+", " "), _QUERY_SAFE)
        if (name or value) and not _says_only_where_from(name.lower(), value.lower()):
            pairs.add((name, value))
    return "&".join(f"{name}={value}" if value else name for name, value in sorted(pairs))


def _says_only_where_from(name: str, value: str) -> bool:
    if name in _TRACKING or name.startswith(_TRACKING_PREFIXES) or name.startswith("aspsessionid"):
        return True
    if name in _CHANNEL_NAMES:
        return value in _CHANNELS
    # A story's number may be called sid, too; a session's is long.
    return name in ("sid", "s_id") and _LONG_TOKEN.fullmatch(value) is not None


def _requote(text: str, safe: str) -> str:
    """Percent-encode what must be and nothing else. Bytes of any encoding survive: `%CF` stays `%CF`."""
    return quote(unquote_to_bytes(text.encode("utf-8", "replace")), safe=safe)
