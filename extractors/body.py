"""Reading a body to its end, within a number of bytes, and noticing when the end did not come.

Content codings are undone here and not by the client library: a gzip stream cut short must be an error (when the end of
the connection is the end of the body, it is accepted silently elsewhere), and a bomb must stop at the limit, not after.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.response import BaseHTTPResponse

from pipeline.errors import BodyBroken, BodyTooLarge

ACCEPT_ENCODING = "gzip, deflate"
"""What `read_body` undoes; nothing else is asked for."""
_CHUNK = 65_536
_GZIP_MARK = b"\x1f\x8b"
_MAX_MEMBERS = 1_000  # empty members, 20 bytes each, cost a CPU-second a few megabytes


def read_body(raw: BaseHTTPResponse, max_bytes: int) -> bytes:
    """Read to the end, at most `max_bytes` on the wire and as many decoded.

    Raises BodyTooLarge; BodyBroken: `body_broken` when it was cut short, `coding` for a content coding we did not ask
    for, `empty_body`.
    """
    length = raw.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > max_bytes:
        raise BodyTooLarge(f"{length[:20]} bytes announced, {max_bytes} is the limit")
    coding = raw.headers.get("content-encoding", "").strip().lower().removeprefix("x-")
    if coding in ("", "identity"):
        body = b"".join(_wire_chunks(raw, max_bytes))
    elif coding in ("gzip", "deflate"):
        body = undo_coding(_wire_chunks(raw, max_bytes), coding, max_bytes)
    else:
        raise BodyBroken(f"content coding {coding[:40]}, asked for {ACCEPT_ENCODING}", code="coding")
    if not body:
        raise BodyBroken("the body is empty", code="empty_body")
    return body


def _wire_chunks(raw: BaseHTTPResponse, max_bytes: int) -> Iterator[bytes]:
    received = 0
    try:
        while chunk := raw.read(_CHUNK, decode_content=False):
            received += len(chunk)
            if received > max_bytes:
                raise BodyTooLarge(f"more than {max_bytes} bytes on the wire")
            yield chunk
    except ProtocolError as error:
        raise BodyBroken(f"the body ended early, after {received} bytes") from error
    except (HTTPError, OSError) as error:
        raise BodyBroken(f"reading stopped after {received} bytes: {type(error).__name__}") from error


def undo_coding(chunks: Iterable[bytes], coding: str, max_bytes: int) -> bytes:
    """Inflate `gzip` (RFC 1952, members one after another) or `deflate` (RFC 9110: zlib, but some send it bare).

    Raises BodyTooLarge as soon as the output passes `max_bytes`, BodyBroken when the stream is damaged or not complete.
    Bytes after a complete stream that are no further member are ignored, as browsers do.
    """
    output = bytearray()
    decoder = None
    is_complete = False
    members = 0
    pending = b""
    try:
        for chunk in chunks:
            pending += chunk
            while pending:
                if decoder is None:
                    if len(pending) < 2:
                        break
                    if is_complete and not pending.startswith(_GZIP_MARK):
                        return bytes(output)
                    members += 1
                    if members > _MAX_MEMBERS:
                        raise BodyTooLarge(f"more than {_MAX_MEMBERS} gzip members")
                    decoder = zlib.decompressobj(_window_bits(coding, pending))
                piece = decoder.decompress(pending, _CHUNK)
                output += piece
                if len(output) > max_bytes:
                    raise BodyTooLarge(f"more than {max_bytes} bytes decoded")
                if decoder.eof:
                    pending, decoder, is_complete = decoder.unused_data, None, True
                    if coding == "deflate":
                        return bytes(output)
                else:
                    pending = decoder.unconsumed_tail
        if decoder is not None:
            # The last input may have left output behind when a piece was exactly full.
            output += decoder.decompress(b"", _CHUNK)
            is_complete = decoder.eof
    except zlib.error as error:
        raise BodyBroken(f"damaged {coding} stream: {error}") from error
    if (decoder is not None or pending or output) and not is_complete:
        raise BodyBroken(f"the {coding} stream is cut short")
    if len(output) > max_bytes:
        raise BodyTooLarge(f"more than {max_bytes} bytes decoded")
    return bytes(output)


def _window_bits(coding: str, start: bytes) -> int:
    if coding == "gzip":
        return 16 + zlib.MAX_WBITS
    has_zlib_header = start[0] & 0x0F == 8 and (start[0] * 256 + start[1]) % 31 == 0
    return zlib.MAX_WBITS if has_zlib_header else -zlib.MAX_WBITS
