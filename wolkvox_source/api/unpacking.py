"""The pieces of a body, as they come -> the body: at most one compression, and never more than is documented."""

import io
import zlib
from collections.abc import Iterable, Iterator

from wolkvox_source.api.sockets import LARGEST_ANSWER, too_large
from wolkvox_source.errors import UnreadableError, quote
from wolkvox_source.language import Phrase

# what is asked for, and so the only one that an answer may have
ENCODING = "gzip"
_GZIP = 16 + zlib.MAX_WBITS


def unpacked(pieces: Iterable[bytes], encodings: str) -> bytes:
    """The whole body; `encodings` is what its Content-Encoding says.

    Raises an UnreadableError where it is compressed more than once, otherwise, or wrongly, or grows too large.
    """
    named = [name for name in (each.strip().lower() for each in encodings.split(",")) if name not in {"", "identity"}]
    if named not in ([], ["gzip"], ["x-gzip"]):
        raise _broken(Phrase("problem_encodings", {"encodings": quote(encodings)}))
    # it grows in place, where a list of pieces would hold the body twice while they are joined
    body = io.BytesIO()
    for piece in _gunzipped(pieces) if named else pieces:
        body.write(piece)
        if body.tell() > LARGEST_ANSWER:
            raise too_large()
    return body.getvalue()


def _gunzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(_GZIP)
    begun = False
    for piece in pieces:
        begun = begun or bool(piece)
        try:
            yield unpacking.decompress(piece, LARGEST_ANSWER + 1)
        except zlib.error as error:
            raise _broken(Phrase("problem_compression")) from error
        if unpacking.unused_data:
            raise _broken(Phrase("problem_compression"))
    # an answer without a body may still name an encoding
    if begun and not unpacking.eof:
        raise _broken(Phrase("problem_compression"))


def _broken(problem: Phrase) -> UnreadableError:
    return UnreadableError("unreadable", problem=problem, quoted=quote(""))
