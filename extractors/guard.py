"""Where we connect and where we do not.

An address is judged twice. `check_address` judges the spelling: http or https, no credentials, nothing that two parsers
could read two ways. `AddressPolicy.judge_host` judges every IP address the host resolves to, at the moment of
connecting; the connection is then made to the judged address itself, so a second answer of a resolver changes nothing.

The deny table is our own: the standard library's `is_private` misses 14 of the 30 addresses that matter and
`is_global` 12 (carrier-grade NAT, NAT64, 6to4, cloud metadata outside the private blocks). Sources: the IANA special
purpose registries for IPv4 and IPv6 (RFC 6890), and the published addresses of cloud metadata services.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from pipeline.errors import AddressRefused, Unreachable

Resolver = Callable[[str, int], Sequence[str]]
"""(host, port) → IP addresses as text. Raises OSError."""

MAX_URL = 2_048
_DENIED = tuple(
    (ipaddress.ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),  # includes the metadata service 100.100.100.200
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud platform"),  # public space, but the host of the virtual machine answers
        ("169.254.0.0/16", "link-local"),  # includes the metadata service 169.254.169.254
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "AMT"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        # IPv6: what carries an IPv4 address inside is refused whole, whatever it carries.
        ("::/96", "IPv4-compatible"),  # includes :: and ::1
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "discard"),
        ("2001::/23", "protocol assignments"),  # includes Teredo 2001::/32, ORCHID, benchmarking
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
        # And everything that is not global unicast, 2000::/3.
        ("::/3", "not global unicast"),
        ("4000::/2", "not global unicast"),
        ("8000::/1", "not global unicast"),
    )
)
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\\]")
_AUTHORITY = re.compile(r"^[a-z]+://([^/?#]*)", re.IGNORECASE)
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOST_NAME = re.compile(r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$")
_NUMBER = re.compile(r"^(0x[0-9a-f]*|[0-9]+)$")


@dataclass(frozen=True, slots=True)
class Target:
    """An address whose spelling was accepted."""

    url: str
    """Normalised, ASCII, without fragment: what is asked for."""
    scheme: str
    host: str
    """Lower-case ASCII; an IPv6 address without brackets."""
    port: int

    @property
    def origin(self) -> tuple[str, str, int]:
        return (self.scheme, self.host, self.port)


def check_address(url: str) -> Target:
    """Judge the spelling of `url`.

    Raises AddressRefused: `bad_scheme`, `bad_url`, or `ssrf_blocked` for an IP address in an unusual spelling.
    """
    shown = url[:200]
    if len(url) > MAX_URL:
        raise AddressRefused(f"an address of {len(url)} characters", code="bad_url", place=shown)
    if _HIDDEN.search(url) or url != url.strip():
        raise AddressRefused("control characters, backslash or outer spaces in the address", code="bad_url")
    scheme = _SCHEME.match(url)
    if scheme is None:
        raise AddressRefused("the address has no scheme", code="bad_url", place=shown)
    if scheme[1].lower() not in ("http", "https"):
        raise AddressRefused(f"scheme {scheme[1][:20]}", code="bad_scheme", place=shown)
    authority = _AUTHORITY.match(url)
    if authority is None or "@" in authority[1]:
        raise AddressRefused("no host, or credentials in the address", code="bad_url", place=shown)
    try:
        parsed = parse_url(url)
    except LocationParseError as error:
        raise AddressRefused("not an address", code="bad_url", place=shown) from error
    if not parsed.host or parsed.port == 0:
        raise AddressRefused("no host or no port", code="bad_url", place=shown)
    host = _check_host(parsed.host.lower(), shown)
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    clean = parsed._replace(fragment=None, path=parsed.path or "/")
    return Target(clean.url, str(parsed.scheme), host, port)


def _check_host(host: str, shown: str) -> str:
    if host.startswith("["):
        host = host[1:-1]
        if "%" in host:
            raise AddressRefused("an IPv6 address with a zone", code="ssrf_blocked", place=shown)
        return host
    if not _HOST_NAME.match(host) or len(host) > 253:
        raise AddressRefused("not a host name", code="bad_url", place=shown)
    # The WHATWG rule: a host whose last label is a number is an IPv4 address. `127.1`, `0x7f.1`, `2130706433` and
    # `127.0.0.1.` all mean loopback to some resolver; only the plain spelling is taken.
    if _NUMBER.match(host.rstrip(".").rpartition(".")[2]) and _literal(host) is None:
        raise AddressRefused("an IP address in an unusual spelling", code="ssrf_blocked", place=shown)
    return host


def is_ip_address(host: str) -> bool:
    return _literal(host) is not None


def judge_ip(address: str) -> str:
    """Why we do not connect to this IP address: `loopback (127.0.0.0/8)`. Empty: it is public."""
    ip = _literal(address)
    if ip is None:
        return "not an IP address"
    for network, reason in _DENIED:
        if ip.version == network.version and ip in network:
            return f"{reason} ({network})"
    return ""


def resolve_host(host: str, port: int) -> list[str]:
    """Ask the system's resolver. Raises OSError (socket.gaierror)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Which hosts we connect to: public ones, and those named in `allow`."""

    allow: frozenset[str]
    """`host:port` exactly, e.g. `127.0.0.1:8000`, `[::1]:8000`: an IP address allows that address under every name,
    a host name allows that name wherever it points. Never a wildcard, never a switch that turns the guard off."""
    resolver: Resolver

    def judge_host(self, host: str, port: int) -> list[str]:
        """The IP addresses of `host` in the resolver's order, all of them judged: one bad one refuses the host.

        Raises AddressRefused (`ssrf_blocked`), Unreachable (`dns`).
        """
        if is_ip_address(host):
            addresses = [host]
        else:
            try:
                addresses = list(self.resolver(host, port))
            except (OSError, UnicodeError) as error:
                raise Unreachable(f"{host} does not resolve: {error}", code="dns") from error
        if not addresses:
            raise Unreachable(f"{host} has no address", code="dns")
        for address in addresses:
            reason = judge_ip(address)
            if (
                reason
                and self._endpoint(host, port) not in self.allow
                and self._endpoint(address, port) not in self.allow
            ):
                raise AddressRefused(f"{host} is {address}: {reason}", code="ssrf_blocked")
        return addresses

    @staticmethod
    def _endpoint(host: str, port: int) -> str:
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _literal(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
