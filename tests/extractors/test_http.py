"""One GET against servers that answer well, badly, slowly, for ever, or not at all."""

import contextlib
import gzip
import hashlib
import itertools
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import psutil
import pytest
from hostile_server import BEHAVIOURS, bomb, chunked, open_server, redirect, reply
from hypothesis import given
from hypothesis import strategies as st

from extractors.body import undo_coding
from extractors.http import MAX_RETRY_AFTER_SECONDS, open_fetcher, parse_retry_after
from pipeline.errors import BodyBroken, BodyTooLarge, FetchError, HttpError, RedirectLoop, Unreachable
from pipeline.records import FetchRequest

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GROWTH = 30 << 20


@pytest.fixture(scope="module")
def hostile():
    with open_server() as server:
        yield server


@pytest.fixture
def server():
    with open_server() as server:
        yield server


def fetcher(*servers, **options):
    options = {"user_agent": "watchwire-test/1 (+https://example.org/bot)", "total_seconds": 5.0} | options
    return open_fetcher(allow={server.endpoint for server in servers}, clock=lambda: NOW, **options)


def failure(fetch, url, **request) -> FetchError:
    with pytest.raises(FetchError) as failed:
        fetch(FetchRequest(url, **request))
    return failed.value


# --- what a good answer becomes ---------------------------------------------------------------------------------


def test_a_capture_says_what_came(server):
    server.pages["/feed"] = reply(b"<rss/>", {"Content-Type": "application/rss+xml", "X-Odd": "\xe9 \x01"})
    with fetcher(server) as fetch:
        capture = fetch(FetchRequest(server.url("/feed"), accept="application/rss+xml"))
    assert (capture.url, capture.final_url) == (server.url("/feed"), server.url("/feed"))
    assert (capture.status, capture.body, capture.fetched_at) == (200, b"<rss/>", NOW)
    assert capture.sha256 == hashlib.sha256(b"<rss/>").hexdigest()
    assert capture.headers["content-type"] == "application/rss+xml"
    assert capture.headers["x-odd"] == "é \ufffd"
    sent = server.requests[0].headers
    assert sent["user-agent"] == "watchwire-test/1 (+https://example.org/bot)"
    assert sent["accept"] == "application/rss+xml"
    assert sent["accept-encoding"] == "gzip, deflate"
    assert not {"if-none-match", "if-modified-since", "cookie", "authorization", "referer"} & set(sent)


def test_connections_are_kept_and_shared(server):
    with fetcher(server) as fetch, ThreadPoolExecutor(4) as threads:
        list(threads.map(fetch, [FetchRequest(server.url("/plain"))] * 60))
    assert len(server.requests) == 60
    assert server.connections <= 4


def test_cookies_are_not_kept(server):
    server.pages["/set"] = reply(b"x", {"Set-Cookie": "id=1; Path=/"})
    with fetcher(server) as fetch:
        fetch(FetchRequest(server.url("/set")))
        fetch(FetchRequest(server.url("/plain")))
    assert "cookie" not in server.requests[1].headers


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b"hello", mtime=0)),
        ("x-gzip", gzip.compress(b"hello", mtime=0)),
        ("GZIP", gzip.compress(b"hel", mtime=0) + gzip.compress(b"lo", mtime=0)),
        ("gzip", gzip.compress(b"hello", mtime=0) + bytes(40)),  # padding after the end, as some servers send
        ("deflate", zlib.compress(b"hello")),
        ("deflate", zlib.compress(b"hello")[2:-4]),  # bare
        ("identity", b"hello"),
    ],
)
@pytest.mark.parametrize("framing", ["length", "close", "chunks"])
def test_content_codings_are_undone(server, coding, packed, framing):
    headers = {"Content-Encoding": coding}
    if framing == "chunks":
        server.pages["/a"] = chunked(packed[:3], packed[3:], headers=f"Content-Encoding: {coding}\r\n")
    else:
        server.pages["/a"] = reply(packed, headers, with_length=framing == "length")
    with fetcher(server) as fetch:
        assert fetch(FetchRequest(server.url("/a"))).body == b"hello"


# --- conditional requests ---------------------------------------------------------------------------------------


def test_validators_are_sent_and_a_304_is_an_answer(server):
    server.pages["/feed"] = reply(headers={"ETag": '"b"'}, status="304 Not Modified", with_length=False)
    request = FetchRequest(server.url("/feed"), etag='W/"a"', last_modified="Tue, 24 Nov 2026 10:00:00 GMT")
    with fetcher(server) as fetch:
        for _ in range(3):
            capture = fetch(request)
    assert (capture.status, capture.body, capture.headers["etag"]) == (304, b"", '"b"')
    sent = server.requests[0].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('W/"a"', "Tue, 24 Nov 2026 10:00:00 GMT")
    assert server.connections == 1


@pytest.mark.parametrize("etag", ["a\r\nX-Evil: 1", "a\nb", "ключ", "a\x00", "a" * 1_001])
def test_a_validator_that_is_no_header_is_not_sent(server, etag):
    with fetcher(server) as fetch:
        assert fetch(FetchRequest(server.url("/plain"), etag=etag, last_modified=etag)).status == 200
    assert not {"if-none-match", "if-modified-since", "x-evil"} & set(server.requests[0].headers)


def test_validators_stay_with_their_origin(server):
    with open_server() as other, fetcher(server, other) as fetch:
        server.pages["/here"] = redirect("/moved")
        server.pages["/moved"] = redirect(other.url("/plain"))
        fetch(FetchRequest(server.url("/here"), etag='"a"'))
        assert ["if-none-match" in request.headers for request in server.requests] == [True, True]
        assert "if-none-match" not in other.requests[0].headers
        other.pages["/304"] = reply(status="304 Not Modified", with_length=False)
        server.pages["/moved"] = redirect(other.url("/304"))
        assert failure(fetch, server.url("/here"), etag='"a"').code == "unasked_304"


# --- redirects --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize(
    ("location", "arrives"),
    [("/b/c?d=1", "/b/c?d=1"), ("c", "/a/c"), ("../c#part", "/c"), (" /c ", "/c"), ("/b c", "/b%20c"),
     ("/путь".encode().decode("latin-1"), "/%D0%BF%D1%83%D1%82%D1%8C")],
)  # fmt: skip
def test_redirects_are_followed(server, status, location, arrives):
    server.pages["/a/here"] = redirect(location, status)
    server.pages[arrives] = reply(b"found")
    with fetcher(server) as fetch:
        capture = fetch(FetchRequest(server.url("/a/here")))
    assert (capture.body, capture.final_url) == (b"found", server.url(arrives))
    assert capture.url == server.url("/a/here")


def test_a_chain_ends_after_ten(server):
    with fetcher(server) as fetch:
        error = failure(fetch, server.url("/chain"))
    assert isinstance(error, RedirectLoop)
    assert len(server.requests) == 11
    assert "/chain?11" in str(error)


def test_a_circle_ends_at_once(server):
    with fetcher(server) as fetch:
        assert isinstance(failure(fetch, server.url("/loop")), RedirectLoop)
    assert server.paths() == ["/loop", "/loop-back"]


def test_a_redirect_to_nowhere_is_its_status(server):
    server.pages["/a"] = reply(b"", status="302 Found")
    with fetcher(server) as fetch:
        assert failure(fetch, server.url("/a")).code == "http_302"


# --- statuses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "should_retry"),
    [("204 Empty", False), ("202 Wait", False), ("206 Part", False), ("300 Many", False), ("400 Bad", False),
     ("401 Who", False), ("403 No", False), ("404 Gone", False), ("408 Slow", True), ("410 Gone", False),
     ("425 Early", True), ("429 Busy", True), ("500 Oops", True), ("503 Busy", True)],
)  # fmt: skip
def test_every_other_status_is_an_error(server, status, should_retry):
    server.pages["/a"] = reply(b"sorry", {"Retry-After": "120"}, status)
    with fetcher(server) as fetch:
        error = failure(fetch, server.url("/a"))
    assert isinstance(error, HttpError)
    assert (error.code, error.should_retry) == (f"http_{status[:3]}", should_retry)
    assert error.retry_after_seconds == 120.0
    assert error.place == server.url("/a")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("120", 120.0), (" 7 ", 7.0), ("1.5", 1.5), ("-5", 0.0), ("1000000000", MAX_RETRY_AFTER_SECONDS),
     ("1e999", MAX_RETRY_AFTER_SECONDS), ("nan", None), ("", None), ("soon", None), ("12:00", None),
     (format_datetime(NOW + timedelta(minutes=5), usegmt=True), 300.0),
     (format_datetime(NOW - timedelta(minutes=5), usegmt=True), 0.0),
     (format_datetime(NOW + timedelta(days=9), usegmt=True), MAX_RETRY_AFTER_SECONDS),
     ("Tue, 24 Nov 2026 12:05:00", 300.0), ("Tue, 99 Nov 2026 12:05:00 GMT", None)],
)  # fmt: skip
def test_retry_after_is_read_and_clamped(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


@given(st.text(max_size=80) | st.integers().map(str) | st.floats().map(str) | st.datetimes().map(format_datetime))
def test_retry_after_never_fails(value):
    seconds = parse_retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_SECONDS


# --- what goes wrong --------------------------------------------------------------------------------------------

EXPECTED = {
    "/plain": "ok", "/endless-redirect-body": "ok",
    **dict.fromkeys(["/silent", "/drip-headers", "/drip-body", "/drip-endless", "/drip-chunks", "/drip-trailers",
                     "/endless-continue"], "deadline"),
    **dict.fromkeys(["/endless-body", "/endless-chunks", "/endless-gzip", "/empty-members", "/announces-terabytes"],
                    "too_large"),
    **dict.fromkeys(["/endless-headers", "/endless-header-line", "/endless-status-line", "/two-lengths", "/no-status"],
                    "protocol"),
    **dict.fromkeys(["/endless-chunk-line", "/reset-in-body", "/short-length", "/bad-chunk", "/cut-chunk",
                     "/no-last-chunk", "/not-gzip", "/cut-gzip", "/damaged-gzip"], "body_broken"),
    **dict.fromkeys(["/brotli", "/zstd", "/seven-codings"], "coding"),
    **dict.fromkeys(["/empty", "/empty-close"], "empty_body"),
    **dict.fromkeys(["/chain", "/loop", "/loop-back"], "redirects"),
    **dict.fromkeys(["/reset", "/hang-up"], "reset"),
    **dict.fromkeys(["/unasked-304", "/endless-304"], "unasked_304"),
    "/endless-error": "http_503",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(BEHAVIOURS))
def test_every_behaviour_ends_in_time_and_in_its_code(hostile, path):
    before = psutil.Process().memory_info().rss
    started = time.monotonic()
    with fetcher(hostile, total_seconds=0.7) as fetch:
        try:
            code = "ok" if fetch(FetchRequest(hostile.url(path))).status == 200 else "?"
        except FetchError as error:
            code = error.code
            assert error.place
    assert code == EXPECTED[path]
    assert time.monotonic() - started < 2.0
    assert psutil.Process().memory_info().rss - before < GROWTH


def test_after_all_that_the_fetcher_works(hostile):
    with fetcher(hostile, total_seconds=0.5) as fetch:
        for path in ("/silent", "/cut-gzip", "/bad-chunk", "/endless-body", "/endless-304"):
            failure(fetch, hostile.url(path))
            assert fetch(FetchRequest(hostile.url("/plain"))).body == b"hello"


def test_a_304_that_goes_on_ends_its_connection(server):
    with fetcher(server) as fetch:
        assert fetch(FetchRequest(server.url("/endless-304"), etag='"a"')).status == 304
        assert fetch(FetchRequest(server.url("/plain"))).body == b"hello"


@pytest.mark.parametrize("wbits", [31, 15, -15])
@pytest.mark.parametrize("status", ["200 OK", "302 Found", "404 Gone", "500 Oops"])
def test_bombs_stop_at_the_limit(server, wbits, status):
    coding = "gzip" if wbits == 31 else "deflate"
    packed = bomb(300 << 20, wbits)
    server.pages["/bomb"] = reply(packed, {"Content-Encoding": coding, "Location": "/plain"}, status)
    with fetcher(server) as fetch:
        fetch(FetchRequest(server.url("/plain")))
        before = psutil.Process().memory_info().rss
        started = time.monotonic()
        if status == "302 Found":
            assert fetch(FetchRequest(server.url("/bomb"))).body == b"hello"
        else:
            error = failure(fetch, server.url("/bomb"))
            assert isinstance(error, BodyTooLarge if status == "200 OK" else HttpError)
        assert time.monotonic() - started < 2.0
        assert psutil.Process().memory_info().rss - before < GROWTH


def test_a_bomb_in_a_bomb_is_undone_once(server):
    inner = gzip.compress(bomb(50 << 20))
    server.pages["/bomb"] = reply(inner, {"Content-Encoding": "gzip"})
    with fetcher(server) as fetch:
        assert fetch(FetchRequest(server.url("/bomb"))).body == gzip.decompress(inner)


@pytest.mark.parametrize("size", [999, 1_000, 1_001])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_the_limit_is_exact(server, size, coding):
    body = bytes(size)
    packed = gzip.compress(body) if coding == "gzip" else body
    server.pages["/a"] = reply(packed, {"Content-Encoding": coding}, with_length=False)
    with fetcher(server, max_bytes=1_000) as fetch:
        if size <= 1_000:
            assert fetch(FetchRequest(server.url("/a"))).body == body
        else:
            assert isinstance(failure(fetch, server.url("/a")), BodyTooLarge)


BODY = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(64))


@pytest.mark.parametrize("share", range(20))
@pytest.mark.parametrize("framing", ["length", "chunks", "gzip"])
def test_a_body_cut_anywhere_is_not_a_body(share, framing):
    """The gzip stream is delimited by the end of the connection: its own end is all that tells."""
    whole = {
        "length": reply(BODY),
        "chunks": chunked(BODY[:1_000], BODY[1_000:]),
        "gzip": reply(gzip.compress(BODY), {"Content-Encoding": "gzip"}, with_length=False),
    }[framing]
    head = whole.index(b"\r\n\r\n") + 4
    cut = head + (len(whole) - head) * share // 20
    with open_server() as server, fetcher(server) as fetch:
        server.pages["/cut"] = whole[:cut]
        assert isinstance(failure(fetch, server.url("/cut")), BodyBroken)
        server.pages["/cut"] = whole
        assert fetch(FetchRequest(server.url("/cut"))).body == BODY


@given(st.binary(max_size=3_000), st.lists(st.integers(0, 3_000), max_size=5), st.sampled_from([31, 15, -15]))
def test_inflating_does_not_depend_on_how_the_bytes_arrive(body, cuts, wbits):
    packer = zlib.compressobj(wbits=wbits)
    packed = packer.compress(body) + packer.flush()
    edges = sorted({0, len(packed), *(min(cut, len(packed)) for cut in cuts)})
    pieces = [packed[start:end] for start, end in itertools.pairwise(edges)]
    assert undo_coding(pieces, "gzip" if wbits == 31 else "deflate", 5_000) == body


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate"]))
def test_inflating_anything_ends_in_bytes_or_our_error(body, coding):
    with contextlib.suppress(BodyBroken, BodyTooLarge):
        undo_coding([body, b"", body], coding, 1_000)


def test_no_server_is_refused(server):
    with open_server() as gone:
        pass
    with fetcher(gone) as fetch:
        error = failure(fetch, gone.url("/"))
    assert isinstance(error, Unreachable)
    assert (error.code, error.should_retry) == ("refused", True)


def test_a_resolver_that_hangs_is_left_behind():
    released = threading.Event()

    def hang(host, port):
        released.wait(10)
        return ["127.0.0.1"]

    started = time.monotonic()
    with open_fetcher(user_agent="t", total_seconds=0.5, resolver=hang) as fetch:
        assert failure(fetch, "http://slow.example/").code == "deadline"
    assert time.monotonic() - started < 1.5
    released.set()


def test_the_deadline_counts_over_redirects(server):
    def slow(connection, request):
        time.sleep(0.3)
        connection.sendall(redirect(f"/slow?{request.path[6:]}a"))

    server.pages["/slow"] = slow
    with fetcher(server, total_seconds=0.7) as fetch:
        assert failure(fetch, server.url("/slow?")).code == "deadline"
    assert len(server.requests) <= 4


def test_an_expired_exchange_does_not_cut_the_next_one(server):
    with fetcher(server, total_seconds=0.4) as fetch:
        for _ in range(4):
            time.sleep(0.15)
            assert fetch(FetchRequest(server.url("/plain"))).body == b"hello"
    assert server.connections == 1


# --- TLS --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for news.example: (certificate file, key file)."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "news.example")])
    start, end = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=9)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), start, end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("news.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(folder / "cert.pem"), str(folder / "key.pem")


def test_tls_is_spoken_to_the_pinned_address_under_the_name(certificate):
    with open_server(tls=certificate) as server:
        options = {"ca_bundle": certificate[0], "resolver": lambda host, port: ["127.0.0.1"]}
        with fetcher(server, **options) as fetch:
            for _ in range(3):
                assert fetch(FetchRequest(server.url("/plain", "news.example"))).body == b"hello"
            assert server.server_names == ["news.example"]
            assert failure(fetch, server.url("/plain", "other.example")).code == "tls"
        with fetcher(server, total_seconds=0.5, **options) as fetch:
            assert failure(fetch, server.url("/drip-body", "news.example")).code == "deadline"


def test_a_certificate_nobody_vouches_for_is_refused(certificate):
    with open_server(tls=certificate) as server, fetcher(server, resolver=lambda host, port: ["127.0.0.1"]) as fetch:
        error = failure(fetch, server.url("/plain", "news.example"))
    assert (error.code, error.should_retry) == ("tls", True)
    assert server.requests == []


def test_a_handshake_that_never_ends_is_cut(server):
    with fetcher(server, total_seconds=0.7) as fetch:
        started = time.monotonic()
        error = failure(fetch, server.url("/plain").replace("http:", "https:"))
    assert error.code in ("deadline", "tls")
    assert time.monotonic() - started < 1.7
