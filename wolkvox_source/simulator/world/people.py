"""An agent as the report shows one, and invented people: names as rosters spell them, documents, passwords."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import NamedTuple


@dataclass(slots=True)
class Agent:
    """The person who answers at one extension number.

    `last_use` is the text that the report shows, in the vendor's local time. `extra` holds fields of
    this one record that differ from what the agent is, or that no edition documents.
    """

    agent_id: str
    name: str
    dni: str
    sso: str = ""
    status: str = "Logout"
    last_use: str = ""
    enabled: bool = True
    password: str = field(default="", repr=False)
    extra: dict[str, object] = field(default_factory=dict)
    # skill_id and expertise
    skills: dict[str, str] = field(default_factory=dict)
    # when they were created, None for those who founded the centre; how many reports were without them
    hired: datetime | None = field(default=None, repr=False, compare=False)
    missed: int = field(default=0, repr=False, compare=False)
    # what drives this person's days; None: nothing moves them but a script
    luck: int | None = field(default=None, repr=False, compare=False)
    # the local second at which they next do something by themselves
    until: int = field(default=0, repr=False, compare=False)

    def be(self, person: Person) -> None:
        """Be this person from now on."""
        self.name, self.dni, self.sso = person

    def stop(self) -> None:
        """Log out and stay away."""
        self.enabled, self.status = False, "Logout"

    def record(self, fields: int) -> dict[str, object]:
        """The record of an edition with 5, 6 or 7 fields, every value text."""
        record: dict[str, object] = {
            "agent_id": self.agent_id,
            "agent_name": self.name,
            "agent_dni": self.dni,
            "agent_status": self.status,
            "last_use": self.last_use,
        }
        # agent_sso, then enabled, joined later editions of the vendor's page "5. Agents"
        if fields > 5:
            record["agent_sso"] = self.sso
        if fields > 6:
            record["enabled"] = "yes" if self.enabled else "no"
        if self.extra:
            record |= self.extra
        return record


_SURNAMES = (
    "ACEVEDO ACUÑA ÁLVAREZ ARANGO ARBELÁEZ ÁVILA BAÑOS BELTRÁN BENÍTEZ BERMÚDEZ BOLAÑOS BUITRAGO "
    "CABAÑAS CALDERÓN CÁRDENAS CASTAÑEDA CASTAÑO CIFUENTES CÓRDOBA CUÉLLAR DÍAZ ECHEVERRI ESPAÑA "
    "FIGUEROA GALLEGO GALVIS GARCÍA GIRÓN GÓMEZ GONZÁLEZ GUTIÉRREZ HERNÁNDEZ HINCAPIÉ IBÁÑEZ "
    "JARAMILLO JIMÉNEZ LEÓN LLANOS LONDOÑO LÓPEZ MARÍN MARTÍNEZ MEJÍA MONTAÑEZ MUÑOZ NARVÁEZ NÚÑEZ "
    "OCAMPO ORDÓÑEZ OSPINA OTÁLORA PATIÑO PEÑA PÉREZ PIÑEROS QUIÑONES QUISPE RAMÍREZ RENDÓN RINCÓN "
    "RODRÍGUEZ ROLDÁN SÁNCHEZ SALDAÑA SEPÚLVEDA SUÁREZ TABARES TIQUE URIBE VALDÉS VÁSQUEZ VELÁSQUEZ "
    "VILLEGAS YÁÑEZ YEPES ZAPATA ZÚÑIGA"
)
_GIVEN_NAMES = (
    "ADRIÁN ALBA ALEJANDRA ÁLVARO ANA ANDRÉS ÁNGELA ANÍBAL BEATRIZ BEGOÑA CAMILA CAMILO CARLOS "
    "CÉSAR CLARA CRISTIÁN DANIELA DARÍO DIEGO EDUARDO ELENA ESTEBAN FABIÁN FÁTIMA FELIPE GABRIELA "
    "GERMÁN GLORIA HÉCTOR HERNÁN INÉS IRENE IVÁN JAIME JAZMÍN JESÚS JOAQUÍN JOSÉ JUAN JULIÁN "
    "LAURA LEÓN LUCÍA LUIS MARÍA MARTÍN MATÍAS MILAGROS MÓNICA NATALIA NICOLÁS NOEMÍ ÓSCAR PAOLA "
    "PILAR RAMÓN RAÚL ROCÍO RUBÉN SANTIAGO SARA SEBASTIÁN SOFÍA TATIANA TOMÁS ÚRSULA VALERIA "
    "VERÓNICA VÍCTOR XIMENA YESENIA YOLANDA"
)
SURNAMES, GIVEN_NAMES = tuple(_SURNAMES.split()), tuple(_GIVEN_NAMES.split())
TEAMS = ("COM-", "ING-", "SAC-", "COB-", "BO-")
TEST_ACCOUNT = "AGENTE  DE PRUEBAS"

UPPER, LOWER, DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789"
# the vendor's page "2. Create agent" asks for one of each class and names these special characters
SPECIAL = "!#%&*@"


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(letter for letter in decomposed if letter.isascii()).lower()


_PLAIN = {word: _plain(word) for word in SURNAMES + GIVEN_NAMES}


class Person(NamedTuple):
    """A person who can be hired."""

    name: str
    dni: str
    sso: str


def invented_person(rng: Random) -> Person:
    """A person who does not exist."""
    surname, given = rng.choice(SURNAMES), rng.choice(GIVEN_NAMES)
    second = f" {rng.choice(GIVEN_NAMES)}" if rng.random() < 0.6 else ""
    name = f"{surname} {rng.choice(SURNAMES)}  {given}{second}"
    dni = invented_document(rng)
    sso = f"{_PLAIN[given]}.{_PLAIN[surname]}{dni[-2:]}" if rng.random() < 0.6 else ""
    return Person(_as_people_type_it(rng, name, dni), dni, sso)


def invented_document(rng: Random) -> str:
    """An identity document of 7 to 10 digits; one in ten begins with zeros."""
    kind = rng.random()
    if kind < 0.10:
        return f"00{int(rng.random() * 90_000) + 10_000}"
    if kind < 0.45:
        return str(int(rng.random() * 80_000_000) + 10_000_000)
    return str(int(rng.random() * 300_000_000) + 1_000_000_000)


def invented_password(rng: Random) -> str:
    """Ten characters that satisfy the policy."""
    classes = (UPPER, LOWER, DIGITS, SPECIAL, *(UPPER + LOWER + DIGITS,) * 6)
    return "".join([characters[int(rng.random() * len(characters))] for characters in classes])


def is_strong(password: str) -> bool:
    """Whether it has an upper-case, a lower-case letter, a digit and a special character."""
    return (
        any(character.isupper() for character in password)
        and any(character.islower() for character in password)
        and any(character.isdigit() for character in password)
        and any(character in SPECIAL for character in password)
    )


def _as_people_type_it(rng: Random, name: str, dni: str) -> str:
    whim = rng.random()
    if whim < 0.12:
        return rng.choice(TEAMS) + name
    if whim < 0.18:
        return f"{name} ({dni})"
    if whim < 0.21:
        return name.title()
    if whim < 0.22:
        return f"{name} "
    if whim < 0.23:
        return unicodedata.normalize("NFD", name)
    return name
