"""A request that wolkvox does not carry out, and why."""

from __future__ import annotations

from .traffic import Answer


class Refusal(Exception):  # noqa: N818, it is an answer and not a fault
    """Becomes an answer with a status, the word for it, and a message."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(status, error, message)
        self.status, self.error, self.message = status, error, message

    def answer(self, like: str | int = "") -> Answer:
        """The answer, its code a number or text as the server spells its codes."""
        code = self.status if isinstance(like, int) else str(self.status)
        content: dict[str, object] = {"code": code, "error": self.error, "msg": self.message, "data": []}
        return Answer(self.status, content)


def missing_parameters() -> Refusal:
    """Something that the vendor requires was not sent."""
    return Refusal(400, "BAD REQUEST", "SOME PARAMETERS ARE REQUIRED")


def forbidden(message: str) -> Refusal:
    """The one status that the vendor has for tokens, budgets and crowds."""
    return Refusal(403, "FORBIDDEN", message)
