"""Small truths about strings that several rooms share."""

from __future__ import annotations

import re

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Text that every database, mail and page accepts: control characters and lone surrogates become U+FFFD.

    Tabs and line ends stay. Length is unchanged, so offsets made before still hold.
    """
    return _FORBIDDEN.sub("\ufffd", text)
