"""Addresses of the web: one key per page, whatever decorations a link carries.

`canonicalise_address` is the identity of an article (law 2). It folds what never changes the page (RFC 3986, 6.2:
case, default port, dot segments, percent-encoding; and by long use of news sites: tracking parameters, session ids,
AMP and `www.` variants, http beside https) and leaves everything that may: paths are case-sensitive, unknown
parameters stay, order of repeated parameters stays.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

# Parameters that say how a reader came, never what he gets.
_TRACKING = re.compile(
    r"^(?:utm_\w+|at_(?:medium|campaign|link\w*|ptr\w*|bbc\w*)|mc_[ce]id|mkt_tok|pk_\w+|piwik_\w+|matomo_\w+|hsa_\w+"
    r"|_hs(?:enc|mi)|fb(?:clid|_\w+)|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ymclid|_openstat|twclid|ttclid"
    r"|igsh(?:id)?|mibextid|ncid|cmpid|cmp|ocid|spm|xtor|rss|smid|guccounter|guce_\w+|_ga|_gl|srsltid|amp|outputtype"
    r"|phpsessid|jsessionid|sid|sessionid|session_id|aspsessionid\w*|cfid|cftoken)$",
    re.IGNORECASE,
)
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#]*", re.IGNORECASE)
_UNRESERVED = "-._~"
_PATH_SAFE = "/:@!$&'()*+,;=" + _UNRESERVED
_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonicalise_address(url: str) -> str:
    """The key of a page: always https, no fragment, no decorations. Anything unreadable is returned stripped."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return url.strip()
    host = _fold_host(parts.hostname)
    if port is not None and port not in _DEFAULT_PORTS.values():
        host = f"{host}:{port}"
    query = _fold_query(parts.query)
    route = f"#{parts.fragment}" if parts.fragment.startswith("!") else ""
    return f"https://{host}{_fold_path(parts.path)}{'?' + query if query else ''}{route}"


def host_of(url: str) -> str:
    """Host and port, lower case; sources of one host are polled one after another. Empty when there is none."""
    try:
        return urlsplit(url.strip()).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def is_web_address(url: str) -> bool:
    """Whether this is an absolute http or https address with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _fold_host(host: str) -> str:
    try:
        folded = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        folded = host.rstrip(".").lower()
    for prefix in ("www.", "amp."):
        if folded.startswith(prefix) and folded.count(".") >= 2:
            folded = folded[len(prefix) :]
    return f"[{folded}]" if ":" in folded else folded


def _fold_path(path: str) -> str:
    segments: list[str] = []
    for segment in _PATH_SESSION.sub("", path).split("/"):
        if segment == "..":
            segments = segments[:-1]
        elif segment not in ("", "."):
            segments.append(
                quote(unquote(segment, errors="surrogateescape"), safe=_PATH_SAFE, errors="surrogateescape")
            )
    if segments and segments[-1].lower() in ("amp", "index.html", "index.htm", "index.php"):
        segments.pop()
    return "/" + "/".join(segments)


def _fold_query(query: str) -> str:
    pairs = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if not _TRACKING.match(name)]
    return urlencode(sorted(pairs, key=lambda pair: pair[0]))
