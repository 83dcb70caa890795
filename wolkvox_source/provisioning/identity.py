"""Who a person is: a document however it was typed, and texts that mean the same.

One person is one document. One that differs only in case, leading zeros, dots, hyphens or spaces is the same person's,
since that is what a spreadsheet does to a document; a name is never who a person is.
"""

import unicodedata
from decimal import Decimal


def folded_document(document: str) -> str:
    """A document without case, leading zeros, dots and spaces, by which one person is recognised."""
    letters = (character for character in plain(document) if character.isalnum())
    return "".join(letters).lstrip("0")


def plain(value: object) -> str:
    """Text without case, accents, punctuation and extra spaces."""
    decomposed = unicodedata.normalize("NFKD", text_of(value).casefold())
    letters = (
        " " if not character.isalnum() else character
        for character in decomposed
        if not unicodedata.combining(character)
    )
    return " ".join("".join(letters).split())


def cleaned(value: object) -> str:
    """A cell's text in NFC, empty for the `-` that wolkvox and spreadsheets write for nothing."""
    text = unicodedata.normalize("NFC", text_of(value))
    return "" if text == "-" else text


def text_of(value: object) -> str:
    """A cell as a person sees it: a whole number without `.0`, nothing for nothing."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, (float, Decimal)):
        if value != value:  # a data frame's NaN is an empty cell
            return ""
        return str(int(value)) if value % 1 == 0 else str(value)
    return str(value).strip()


def same_name(reported: str | None, wanted: str, document: str) -> bool:
    """Whether wolkvox shows that name, however it is cased and spaced, with or without the document in brackets."""
    # some rosters carry the document inside the name: "NAME (document)"
    bare = (reported or "").replace(f"({document})", "")
    return " ".join(bare.split()).casefold() == " ".join(wanted.split()).casefold()


def similar_name(reported: str | None, wanted: str, document: str) -> bool:
    """Whether the two may be one person's name: the same but for accents and punctuation too."""
    return plain((reported or "").replace(f"({document})", "")) == plain(wanted)
