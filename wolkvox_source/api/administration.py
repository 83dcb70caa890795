"""The verbs that change agents and skills: each is sent once, and never again, whatever comes of it."""

from wolkvox_source.api.client import WolkvoxClient
from wolkvox_source.api.envelope import Payload, read_change
from wolkvox_source.errors import UnavailableError, UnconfirmedError, WolkvoxError
from wolkvox_source.language import Phrase


class Administration(WolkvoxClient):
    """wolkvox's reports of one operation, and the verbs that change it."""

    def skills(self) -> Payload:
        """The skills there are."""
        return self._read("information.php", {"api": "skills"})

    def agents_in_skill(self, skill_id: str) -> Payload:
        """The agents of one skill."""
        return self._read("information.php", {"api": "agents_in_skill", "skill_id": skill_id})

    def edit_agent(
        self, agent_id: str, agent_dni: str, agent_name: str, agent_sso: str | None, agent_pass: str
    ) -> None:
        """Write an agent's document, name, network user and password anew, all of them."""
        wanted = {
            "agent_dni": agent_dni,
            "agent_name": agent_name,
            "agent_sso": agent_sso or "",
            "agent_pass": agent_pass,
        }
        self._changed("PUT", "edit_agent", wanted, agent_id=agent_id)

    def enable_agent(self, agent_id: str) -> None:
        """Let an agent log in."""
        self._changed("PUT", "enable_agent", {"agent_id": agent_id})

    def disable_agent(self, agent_id: str) -> None:
        """Keep an agent from logging in."""
        self._changed("PUT", "disable_agent", {"agent_id": agent_id})

    def add_agents_skill(self, skill_id: str, agent_id: str, expertise: str) -> None:
        """Give an agent a skill."""
        self._changed("POST", "add_agents_skill", {"skill_id": skill_id, "agent_id": agent_id, "expertise": expertise})

    def remove_agents_skill(self, skill_id: str, agent_id: str) -> None:
        """Take a skill from an agent."""
        self._changed("DELETE", "remove_agents_skill", {"skill_id": skill_id, "agent_id": agent_id})

    def _changed(self, method: str, api: str, content: dict[str, str], **query: str) -> None:
        with self._asking(self._seconds_at_most) as deadline:
            try:
                status, body = self._answer(method, "configuration.php", {"api": api, **query}, deadline, content)
            except UnavailableError as error:
                if error.reason == "no_such_host":
                    raise
                raise UnconfirmedError("unconfirmed", problem=error.facts["problem"]) from None
            except WolkvoxError as error:
                raise UnconfirmedError(
                    "unconfirmed", status=error.status, problem=Phrase("problem_no_answer")
                ) from None
            read_change(status, body)
