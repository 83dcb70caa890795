"""What people call the columns of a list of agents."""

import re
from collections.abc import Iterable, Sequence

from wolkvox_source.provisioning.identity import plain, text_of
from wolkvox_source.provisioning.wanted import WantedError

# what people call the fields of an agent, without case, accents and punctuation
HEADINGS: dict[str, tuple[str, ...]] = {
    "agent_dni": (
        *("documento", "documento de identidad", "numero de documento", "numero documento", "no documento"),
        *("nro documento", "num documento", "cedula", "cedula de ciudadania", "cedula de identidad", "cc"),
        *("dni", "agent dni", "identificacion", "numero de identificacion", "rut", "document"),
        *("document number", "identity document", "national id"),
    ),
    "agent_name": (
        *("nombre", "nombres", "nombre completo", "nombres y apellidos", "apellidos y nombres"),
        *("nombre y apellido", "nombre y apellidos", "nombre del agente", "agente", "agent", "agent name"),
        *("name", "full name"),
    ),
    "agent_sso": (
        *("sso", "usuario sso", "usuario de red", "usuario red", "usuario", "agent sso", "user"),
        *("network user", "sso user", "login"),
    ),
    "agent_pass": (
        *("clave", "contrasena", "password", "agent pass", "agent password", "pass", "clave inicial"),
        *("contrasena inicial", "clave temporal", "contrasena temporal", "initial password", "temporary password"),
    ),
    "agent_id": ("agent id", "id del agente", "id agente", "numero de agente", "reutilizar", "reuse"),
    "enabled": ("enabled", "habilitado", "habilitada", "activo", "activa", "active"),
    "skills": ("skills", "skill", "habilidades", "habilidad"),
}
CREATION = ("agent_dni", "agent_name", "agent_sso", "agent_pass")
SURNAME_HEADINGS = ("apellido", "apellidos", "primer apellido", "surname", "last name")
_FIELDS = {heading: name for name, headings in HEADINGS.items() for heading in headings}
_SECRET = re.compile(r"\b(clave|contrasena|password|pass|pin|secreto|secret)\b")


def is_heading(values: Iterable[object]) -> bool:
    """Whether these cells are the headings of a list: a document is among them, and what is said of who has it."""
    names = named(values)
    return "agent_dni" in names and len(names) > 1


def named(headings: Iterable[object]) -> set[str]:
    """The fields that headings name."""
    return {_FIELDS[heading] for heading in map(plain, headings) if heading in _FIELDS}


def no_heading(path: object) -> WantedError:
    """What is said of a list without headings; its first line, which is a person's, is never quoted."""
    return WantedError("wanted_headings", path=path)


def is_password_heading(heading: object) -> bool:
    """Whether a column of that heading may hold passwords, understood here or not."""
    return bool(_SECRET.search(plain(heading)))


def columns_of(
    headings: Sequence[object], path: object, fields: Sequence[str]
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Which column holds each of the fields, and the headings that hold none."""
    places: dict[str, int] = {}
    unused: list[str] = []
    for place, heading in enumerate(headings):
        name = _FIELDS.get(plain(heading))
        name = name if name in fields else None
        if name in places:
            raise WantedError("wanted_heading_twice", path=path, first=headings[places[name]], second=heading)
        if name:
            places[name] = place
        elif plain(heading) in SURNAME_HEADINGS:
            # which of the two wolkvox shows first is a choice that nobody made here
            raise WantedError("wanted_surname", path=path, heading=heading)
        elif is_password_heading(heading):
            # passed over, its passwords would be handed out to people and never work
            raise WantedError("wanted_password_heading", path=path, heading=heading)
        elif text_of(heading):
            unused.append(text_of(heading))
    return places, tuple(unused)
