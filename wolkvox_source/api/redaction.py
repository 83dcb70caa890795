"""A secret that a server says back: taken out of the bytes before anything reads them."""

import base64
import html
import json
import re
from urllib.parse import quote

INSTEAD = b"***"
# a shorter spelling stands in other words by chance
_SHORTEST = 6
_MARKS = (b"%", b"\\u", b"&")


def spellings(secret: str) -> tuple[bytes, ...]:
    """The ways in which a server may repeat `secret`, the longest first.

    As it is and in one case; escaped for a URL, JSON or HTML, only what must be or all of it; in base64, at any
    place of what was encoded.
    """
    raw = secret.encode()
    in_url = quote(secret, safe="")
    in_json = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    found = {
        raw,
        secret.upper().encode(),
        secret.lower().encode(),
        in_url.encode(),
        # the digits of an escape may be of either case
        re.sub("%..", lambda escape: escape[0].lower(), in_url).encode(),
        b"".join(b"%%%02X" % byte for byte in raw),
        b"".join(b"%%%02x" % byte for byte in raw),
        *(each.encode() for each in in_json),
        # as PHP does it
        *(each.replace("/", "\\/").encode() for each in in_json),
        "".join(f"\\u{ord(char):04x}" for char in secret).encode(),
        "".join(f"\\u{ord(char):04X}" for char in secret).encode(),
        html.escape(secret).encode(),
        *_in_base64(raw),
    }
    return tuple(sorted((each for each in found if len(each) >= _SHORTEST), key=len, reverse=True))


def redacted(body: bytes, secret: tuple[bytes, ...]) -> bytes:
    """`body` without any of the spellings of a secret."""
    # to look for a byte takes no time beside looking for twenty spellings, most of which have one of these
    absent = {mark for mark in _MARKS if mark not in body}
    for spelling in secret:
        if not any(mark in spelling for mark in absent):
            body = body.replace(spelling, INSTEAD)
    return body


def _in_base64(raw: bytes) -> list[bytes]:
    """What is the same in base64 whatever stands before and after."""
    found = []
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + raw)
        sure = encoded[-(-8 * before // 6) : 8 * (before + len(raw)) // 6]
        found += [sure, sure.translate(bytes.maketrans(b"+/", b"-_")), sure.replace(b"/", b"\\/")]
    return [*found, base64.b64encode(raw), base64.urlsafe_b64encode(raw)]
