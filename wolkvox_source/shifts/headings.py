"""What the columns of a file of shifts are called."""

import re
import unicodedata
from collections.abc import Iterable

# each column, and the headings under which it is understood; case, accents and signs do not matter
HEADINGS = {
    "agent_id": ("agent_id", "agente", "id_agente", "extension"),
    "agent_dni": ("agent_dni", "document", "documento", "dni", "cedula", "identificacion"),
    "day": ("day", "date", "dia", "fecha"),
    "weekdays": ("weekdays", "weekday", "dias", "dias_semana", "dias_de_la_semana"),
    "valid_from": ("valid_from", "desde", "vigente_desde"),
    "valid_to": ("valid_to", "hasta", "vigente_hasta"),
    "start": ("start", "inicio", "entrada", "hora_inicio", "hora_entrada"),
    "end": ("end", "fin", "salida", "hora_fin", "hora_salida"),
    "breaks": ("breaks", "break", "descansos", "descanso", "pausas", "pausa"),
}
_COLUMN_OF = {heading: column for column, headings in HEADINGS.items() for heading in headings}
# a title above the headings may be one of these words by chance
_HEADINGS_AT_LEAST = 2


def column_of(heading: object) -> str | None:
    """The column that a heading means, None where nothing is known by it."""
    return _COLUMN_OF.get(_plain(str(heading)))


def is_heading(values: Iterable[object]) -> bool:
    """Whether these cells are the headings of shifts."""
    return len({column_of(value) for value in values} - {None}) >= _HEADINGS_AT_LEAST


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return re.sub(r"[^a-z0-9]+", "_", "".join(each for each in letters if not unicodedata.combining(each))).strip("_")
