"""The verbs that change agents and skills: each is sent once, and never again, whatever comes of it.

Each raises a RefusedError for a documented no, an UnavailableError where nothing happened and the same request may
succeed later, and an UnconfirmedError where nobody can tell; https://developers.wolkvox.com/es-apis-v2/.
"""

import time

from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.api.confirmation import (
    ANY_OTHER,
    CREATION,
    Change,
    CreatedAgent,
    read_change,
    read_creation,
    read_new_skill,
    unconfirmed,
)
from wolkvox_source.api.exchange import Answer
from wolkvox_source.errors import ConfigurationError, UnavailableError, WolkvoxError
from wolkvox_source.language import Phrase


class Administration(WolkvoxClient):
    """wolkvox's reports of one operation, and the verbs that change it.

    A connection kept open from an earlier request can break after sending, so a client of its own for each change
    tells most.
    """

    def create_agent(
        self, agent_dni: str, agent_name: str, agent_sso: str | None = None, agent_pass: str | None = None
    ) -> CreatedAgent:
        """A new agent; https://www.wolkvox.com/en/apis-v2-2/2-create-agent/.

        Without `agent_pass` wolkvox makes a password up.
        """
        wanted = _person(agent_dni, agent_name, agent_sso, agent_pass)
        answer = self._change(CREATION, "POST", "create_agent", wanted)
        return read_creation(answer.status, answer.body)

    def edit_agent(
        self, agent_id: str, agent_dni: str, agent_name: str, agent_sso: str | None, agent_pass: str
    ) -> None:
        """Write an agent's document, name, network user and password anew, all of them.

        https://www.wolkvox.com/en/apis-v2-2/13-edit-agent-en/. An empty password would be one that nobody knows, so
        it is a ConfigurationError and nothing is sent.
        """
        if not agent_pass:
            raise ConfigurationError("edit_needs_password", agent_id=agent_id)
        wanted = _person(agent_dni, agent_name, agent_sso, agent_pass)
        self._changed("PUT", "edit_agent", wanted, agent_id=agent_id)

    def enable_agent(self, agent_id: str) -> None:
        """Let an agent log in; https://www.wolkvox.com/en/apis-v2-2/6-activate-agent/."""
        self._changed("PUT", "enable_agent", {"agent_id": agent_id})

    def disable_agent(self, agent_id: str) -> None:
        """Keep an agent from logging in; https://wolkvox.com/apis-v2/4-deactivate-agent."""
        self._changed("PUT", "disable_agent", {"agent_id": agent_id})

    def add_agents_skill(self, skill_id: str, agent_id: str, expertise: str) -> None:
        """Give an agent a skill; https://wolkvox.com/apis-v2/17-add-agents-to-skill-en."""
        wanted = {"skill_id": skill_id, "agent_id": agent_id, "expertise": expertise}
        self._changed("POST", "add_agents_skill", wanted)

    def remove_agents_skill(self, skill_id: str, agent_id: str) -> None:
        """Take a skill from an agent; https://www.wolkvox.com/en/apis-v2-2/18-remove-skill-agents-en/."""
        self._changed("DELETE", "remove_agents_skill", {"skill_id": skill_id, "agent_id": agent_id})

    def create_skill(self, skill_name: str, description_skill: str = "") -> str:
        """A new skill without voicemail, welcome message or timeout; returns its skill_id."""
        wanted = {"skill_name": skill_name, "description_skill": description_skill}
        empty = {"voicemail": "", "welcome_message": "", "vto": ""}
        answer = self._change(ANY_OTHER, "POST", "create_skill", {**wanted, **empty})
        return read_new_skill(answer.status, answer.body)

    def _changed(self, method: str, api: str, content: dict[str, str], **query: str) -> None:
        answer = self._change(ANY_OTHER, method, api, content, **query)
        read_change(answer.status, answer.body)

    def _change(self, change: Change, method: str, api: str, content: dict[str, str], **query: str) -> Answer:
        with self._holding_token(time.monotonic() + self._seconds_at_most) as answer_by:
            try:
                return self._exchange.ask(method, "configuration.php", {"api": api, **query}, answer_by, content)
            except WolkvoxError as error:
                if error.unsent:
                    raise
                # of an answer that came nothing is quoted, and of the network's failures only words of ours
                problem = error.facts.get("problem") if isinstance(error, UnavailableError) else None
                raise unconfirmed(change, problem=problem if isinstance(problem, Phrase) else None) from None


def _person(agent_dni: str, agent_name: str, agent_sso: str | None, agent_pass: str | None) -> dict[str, str]:
    return {
        "agent_dni": agent_dni,
        "agent_name": agent_name,
        "agent_sso": agent_sso or "",
        "agent_pass": agent_pass or "",
    }
