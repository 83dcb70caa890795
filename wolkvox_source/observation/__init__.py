"""Operations are asked, and what they answer is decided on: a line in the ledger each, and the rows to load."""

from wolkvox_source.observation.accepting import Tables
from wolkvox_source.observation.answers import Answer, Known, Listener
from wolkvox_source.observation.asking import ask, ask_window
from wolkvox_source.observation.deciding import Decided, decide, wanted_before, wanted_for
from wolkvox_source.observation.known import known_before
from wolkvox_source.observation.lines import Observation
from wolkvox_source.observation.reading import Reader, Reading

__all__ = [
    "Answer",
    "Decided",
    "Known",
    "Listener",
    "Observation",
    "Reader",
    "Reading",
    "Tables",
    "ask",
    "ask_window",
    "decide",
    "known_before",
    "wanted_before",
    "wanted_for",
]
