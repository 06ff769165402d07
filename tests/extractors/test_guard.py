"""Where the guard lets a connection go. The whole policy is tried through the fetcher, on real sockets."""

import re
import socket
from pathlib import Path

import pytest
from hostile_server import open_server, redirect, reply
from hypothesis import given, settings
from hypothesis import strategies as st

from extractors.guard import AddressPolicy, check_address, judge_ip
from extractors.http import open_fetcher
from pipeline.errors import AddressRefused, Unreachable
from pipeline.records import FetchRequest

# The list of HAZARDS, section 4: what each published guard misses some of.
MUST_BLOCK = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.254", "100.100.100.200", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::127.0.0.1", "::10.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.64.0.1",
    "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1",
    "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "febf::1", "fec0::1", "ff02::1", "4000::1", "8000::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1",
          "168.63.129.17", "192.0.3.1", "198.17.0.1", "198.20.0.1", "223.255.255.255",
          "2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450::1", "2003::1"]  # fmt: skip

# Spellings of loopback and metadata addresses that some resolver or parser accepts.
DISGUISES = [
    "http://127.1/", "http://127.0.1/", "http://0x7f.1/", "http://0x7f.0.0.1/", "http://0x7f000001/", "http://0X7F.1/",
    "http://2130706433/", "http://017700000001/", "http://0177.0.0.1/", "http://0177.0.0.01/", "http://127.0.0.01/",
    "http://127.0.0.1./", "http://127.0.0.1.:80/", "http://0/", "http://0.0/", "http://00000/", "http://0x0/",
    "http://4294967295/", "http://3232235777/", "http://2852039166/", "http://0xa9fea9fe/", "http://169.254.43518/",
    "http://①②⑦.0.0.1/", "http://１２７.０.０.１/", "http://127。0。0。1/", "http://127．0．0．1/", "http://127｡0｡0｡1/",
    "http://%31%32%37.0.0.1/", "http://127%2e0%2e0%2e1/", "http://127.0.0.1%00.example.org/",
    "http://[::]/", "http://[::1]/", "http://[::1]:80/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:7f00:1]/",
    "http://[::ffff:127.0.0.1]/", "http://[::127.0.0.1]/", "http://[::7f00:1]/", "http://[64:ff9b::127.0.0.1]/",
    "http://[2002:7f00:1::]/", "http://[fe80::1%25lo]/", "http://[fe80::1%25]/", "http://[::1%25lo]/", "http://[::1%lo]/",
    "http://[::1]@example.org/", "http://example.org@127.0.0.1/", "http://127.0.0.1@/", "http://@127.0.0.1/",
    "http://user:secret@127.0.0.1/", "http://1.1.1.1 &@2.2.2.2# @3.3.3.3/", "http://127.0.0.1\\@example.org/",
    "http://example.org\\@127.0.0.1/", "http://127.0.0.1\t/", "http://127.0.0.1\r\n/", "http://127.0.0.1\x00/",
    "http:127.0.0.1/", "http:/127.0.0.1/", "http:///127.0.0.1/", "//127.0.0.1/", "127.0.0.1", "/etc/passwd", "",
    "http://", "https://:80/", "http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://127.0.0.1:80:80/",
    "http://localhost:-1/", "http://exa mple.org/", "http://example..org/", "http://.example.org/", "http://*.org/",
    "http://" + "a" * 2_100 + ".org/", "http://" + ".".join(["a" * 60] * 5) + "/", " http://127.0.0.1/",
]  # fmt: skip
SCHEMES = [
    "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:70/_x", "data:text/html,x", "javascript:alert(1)",
    "dict://127.0.0.1:11211/", "ldap://127.0.0.1/", "unix:///run/docker.sock", "blob:http://a/", "jar:http://a!/",
]  # fmt: skip


@pytest.fixture
def connects(monkeypatch):
    """Every address a connection was tried to."""
    tried: list[tuple] = []
    connect = socket.create_connection
    monkeypatch.setattr(
        socket, "create_connection", lambda address, **kw: tried.append(address) or connect(address, **kw)
    )
    return tried


def fetcher(allow=(), resolver=lambda host, port: ["127.0.0.2"], **options):
    options = {"user_agent": "test", "total_seconds": 5.0} | options
    return open_fetcher(allow=allow, resolver=resolver, **options)


@pytest.mark.parametrize("address", MUST_BLOCK)
def test_addresses_inside_are_refused(address, connects):
    url = f"http://[{address}]/" if ":" in address else f"http://{address}/"
    with fetcher() as fetch, pytest.raises(AddressRefused) as refused:
        fetch(FetchRequest(url))
    assert refused.value.code == "ssrf_blocked"
    assert not refused.value.should_retry
    with fetcher(resolver=lambda host, port: [address]) as fetch, pytest.raises(AddressRefused) as refused:
        fetch(FetchRequest("https://news.example/"))
    assert refused.value.code == "ssrf_blocked"
    assert connects == []


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address):
    assert judge_ip(address) == ""


@pytest.mark.parametrize("url", DISGUISES)
def test_disguises_are_refused_before_any_connection(url, connects):
    with fetcher() as fetch, pytest.raises(AddressRefused) as refused:
        fetch(FetchRequest(url))
    assert refused.value.code in ("ssrf_blocked", "bad_url")
    assert connects == []


@pytest.mark.parametrize("url", SCHEMES)
def test_other_schemes_are_refused(url, connects):
    with fetcher() as fetch, pytest.raises(AddressRefused) as refused:
        fetch(FetchRequest(url))
    assert refused.value.code == "bad_scheme"
    assert connects == []


def test_accepted_spellings_are_normalised():
    target = check_address("HTTPS://News.Example:443/Путин?q=a b#top")
    assert (target.host, target.port) == ("news.example", 443)
    assert target.url == "https://news.example:443/%D0%9F%D1%83%D1%82%D0%B8%D0%BD?q=a%20b"
    assert check_address("http://пример.испытание").host == "xn--e1afmkfd.xn--80akhbyknj4f"
    assert check_address("http://a_b.example/").host == "a_b.example"


def test_a_name_with_one_bad_record_is_refused_in_both_orders():
    with open_server() as good, open_server("127.0.0.2", good.port) as canary:
        for answer in (["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]):
            resolver = lambda host, port, answer=answer: answer  # noqa: E731
            with fetcher({good.endpoint}, resolver) as fetch, pytest.raises(AddressRefused):
                fetch(FetchRequest(good.url("/plain", "two.example")))
        assert canary.connections == 0


def test_rebinding_never_reaches_the_second_answer():
    """The resolver says 127.0.0.1 (allowed) once and 127.0.0.2 ever after; each connect is one judged look-up."""
    with open_server() as good, open_server("127.0.0.2", good.port) as canary:
        good.pages["/plain"] = reply(b"hello", with_length=False)  # closes: every fetch connects anew
        asked: list[str] = []

        def flip(host: str, port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"] if asked.count(host) == 1 else ["127.0.0.2"]

        refused = 0
        with fetcher({good.endpoint}, flip) as fetch:
            for number in range(100):
                url = good.url("/plain", f"flip{number}.example")
                assert fetch(FetchRequest(url)).body == b"hello"
                with pytest.raises(AddressRefused):
                    fetch(FetchRequest(url))
                refused += 1
        assert (refused, canary.connections, good.connections) == (100, 0, 100)
        assert len(asked) == 200


def test_the_host_header_keeps_the_name_while_the_connection_is_pinned():
    with open_server() as server, fetcher({server.endpoint}, lambda host, port: ["127.0.0.1"]) as fetch:
        fetch(FetchRequest(server.url("/plain", "news.example")))
        assert server.requests[0].headers["host"] == f"news.example:{server.port}"


@pytest.mark.parametrize("hops", [1, 2, 3, 4, 5])
def test_a_redirect_inside_is_blocked_at_its_hop_and_the_hops_before_are_served(hops):
    with open_server() as server, open_server("127.0.0.2") as canary:
        for hop in range(1, hops):
            server.pages[f"/{hop}"] = redirect(f"/{hop + 1}")
        server.pages[f"/{hops}"] = redirect(canary.url("/plain"))
        with fetcher({server.endpoint}) as fetch, pytest.raises(AddressRefused) as refused:
            fetch(FetchRequest(server.url("/1")))
        assert refused.value.code == "ssrf_blocked"
        assert canary.endpoint in str(refused.value)
        assert server.paths() == [f"/{hop}" for hop in range(1, hops + 1)]
        assert canary.connections == 0


@pytest.mark.parametrize(
    "location",
    [*SCHEMES, "//127.0.0.2/", "/\\127.0.0.2/", "\\\\127.0.0.2\\", "http://127.0.0.1\\@127.0.0.2/", "//user@127.0.0.1/",
     "http://127.1/", "ht\ttp://127.0.0.2/", "/a\x7fb", "http://[::1", "http://[::1]:x/", "http://2130706433/"],
)  # fmt: skip
def test_a_redirect_to_what_we_would_not_ask_for_is_refused(location, connects):
    with open_server() as server, fetcher({server.endpoint}) as fetch:
        server.pages["/go"] = redirect(location)
        with pytest.raises(AddressRefused):
            fetch(FetchRequest(server.url("/go")))
        assert connects == [("127.0.0.1", server.port)]


def test_allow_is_exact():
    def policy(*allow: str) -> AddressPolicy:
        return AddressPolicy(frozenset(allow), lambda host, port: ["10.0.0.5"])

    assert policy("10.0.0.5:80").judge_host("intranet.example", 80) == ["10.0.0.5"]
    assert policy("intranet.example:80").judge_host("intranet.example", 80) == ["10.0.0.5"]
    assert policy("[::1]:80").judge_host("::1", 80) == ["::1"]
    for allow in ("10.0.0.5:81", "10.0.0.6:80", "other.example:80", "10.0.0.5", "*", "10.0.0.0/8:80"):
        with pytest.raises(AddressRefused):
            policy(allow).judge_host("intranet.example", 80)


def test_a_name_that_does_not_resolve_is_unreachable():
    def fail(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    for resolver in (fail, lambda host, port: []):
        with fetcher(resolver=resolver) as fetch, pytest.raises(Unreachable) as failed:
            fetch(FetchRequest("http://news.example/"))
        assert failed.value.code == "dns"


def test_proxies_and_netrc_of_the_environment_are_ignored(monkeypatch, tmp_path):
    with open_server() as server, open_server("127.0.0.2") as canary:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, canary.url(""))
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        with fetcher({server.endpoint}) as fetch:
            fetch(FetchRequest(server.url("/plain")))
        assert canary.connections == 0
        assert "authorization" not in server.requests[0].headers


_PIECES = st.sampled_from(
    ["http://", "https://", "//", "127.0.0.1", "example.org", "[::1]", "@", "\\", "#", "?", "/", ":", ":80", "%00",
     "%2f", "。", "①", "\t", " ", "..", "a", "0x7f.1", "user:pw@", "[", "]", "%25lo", "xn--", "ß", "1"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(_PIECES, max_size=9).map("".join) | st.lists(_PIECES, max_size=6).map(lambda p: "http://" + "".join(p)))
def test_the_host_we_judge_is_the_host_we_look_up(url):
    """One parser decides: what passes reaches the resolver under exactly the judged name, or is a judged address."""
    asked: list[tuple[str, int]] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["10.0.0.1"]

    with fetcher(resolver=resolver) as fetch, pytest.raises(AddressRefused):
        fetch(FetchRequest(url))
    if asked:
        target = check_address(url)
        assert asked == [(target.host, target.port)]


def test_only_the_guarded_files_speak_to_the_network():
    """A second way out would be a way round the guard."""
    speaks = re.compile(
        r"^\s*(?:import|from) (?:socket|requests|urllib3|http\.client|urllib\.request|httpx|aiohttp)\b", re.M
    )
    rooms = Path(__file__).parents[2] / "extractors"
    found = {path.name for path in rooms.rglob("*.py") if speaks.search(path.read_text())}
    assert found <= {"http.py", "guard.py", "pinned.py", "body.py"}
