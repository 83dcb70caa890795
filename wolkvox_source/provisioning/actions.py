"""One action asked of wolkvox, once, between two entries in the journal and two rows of the file of passwords."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from wolkvox_source.api.administration import Administration
from wolkvox_source.errors import RefusedError, UnavailableError, UnconfirmedError, WolkvoxError
from wolkvox_source.provisioning.identity import folded_document
from wolkvox_source.provisioning.journal import Journal, Whose
from wolkvox_source.provisioning.memory import protected, told
from wolkvox_source.provisioning.moment import Moment
from wolkvox_source.provisioning.outcomes import UNKNOWN
from wolkvox_source.provisioning.password_file import PasswordFile
from wolkvox_source.provisioning.passwords import new_password
from wolkvox_source.provisioning.planned import PlannedAgent
from wolkvox_source.provisioning.wanted import WantedAgent
from wolkvox_source.settings import Operation

Outcome = Literal[
    "created", "done", "confirmed", "exists", "refused", "unconfirmed", "conflict", "waiting", "left", "not_sent"
]
Step = Literal["wanted", "intended", "answered", "saved", "settled"]
OnStep = Callable[[Step, PlannedAgent], None]
_EXIT_CODES = {"refused": 77, "conflict": 65, "unconfirmed": 75, "waiting": 75, "not_sent": 75}


@dataclass(frozen=True)
class ProvisionedAgent:
    """What became of one row of a plan.

    `reason` and `facts` are what to know about it, `error` is what wolkvox or the network said against it; whether
    the administrator has the password is in `password_known`, None where the row set none.
    """

    agent: WantedAgent
    action: str
    outcome: Outcome
    agent_id: str | None = None
    reason: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    error: WolkvoxError | None = field(default=None, repr=False, compare=False)
    password_known: bool | None = None

    @property
    def exit_code(self) -> int:
        """0 where what was wanted is so; a refusal that may pass, such as a spent budget, is 75 and not 77."""
        if self.outcome == "refused" and self.error is not None:
            return self.error.exit_code
        return _EXIT_CODES.get(self.outcome, 0)


@dataclass
class Actions:
    """The tools of one run: whom it asks, and where it writes what it asked and which passwords it set."""

    operation: Operation
    whose: Whose
    journal: Journal
    clock: Callable[[], Moment]
    answer_seconds: float
    on_step: OnStep | None = None
    file: PasswordFile | None = None

    def carry_out(self, row: PlannedAgent, agent_id: str | None) -> ProvisionedAgent:
        """Ask wolkvox for one action; `agent_id` is the agent's, None for one to be created.

        Raises an UnavailableError where the journal or the file of passwords cannot be written before it is sent.
        """
        self._step("wanted", row)
        password = self._password(row) if row.action in {"create", "edit", "reuse"} else None
        request_id = self.journal.requests.intend(
            self.whose,
            self.fingerprint(row.agent),
            protected(self.operation, row.agent.agent_dni),
            self.clock(),
            action=row.action,
            agent_id=agent_id,
            before=told(self.operation, row.before),
            after=told(self.operation, row.after),
            password=None if password is None else self._place(row.agent),
        )
        self._step("intended", row)
        try:
            done = self._asked(row, agent_id, password or "")
        except UnconfirmedError as error:
            return self._settled(row, request_id, "unconfirmed", agent_id, error)
        except (RefusedError, UnavailableError) as error:
            if password is not None and self.file is not None:
                self.file.take_back(row.agent.agent_dni)
            return self._settled(row, request_id, "refused", agent_id, error)
        self._step("answered", row)
        return self._done(row, request_id, *done)

    def confirm(self, row: PlannedAgent, request_id: str, was: str | None) -> ProvisionedAgent:
        """Write down that the report has shown what came of a request, whose password is `was` it was put."""
        agent, agent_id = row.agent, row.agent_id or ""
        reason, place = "message_password_unknown", UNKNOWN
        if was == "list":
            reason, place = "message_confirmed", was
        elif was not in {None, UNKNOWN}:
            reason, place = "message_confirmed_saved", str(was)
            if self.file is not None and (password := self.file.password_of(agent.agent_dni)):
                self.file.set(agent_id, agent.agent_dni, agent.agent_name, password)
        facts = {"file": place} if reason == "message_confirmed_saved" else {}
        self.journal.requests.settle(request_id, "confirmed", row.agent_id, reason=reason, facts=facts, password=place)
        return ProvisionedAgent(
            agent, row.action, "confirmed", row.agent_id, reason, facts, password_known=place != UNKNOWN
        )

    def fingerprint(self, agent: WantedAgent) -> str:
        """What a person is recognised by in the journal."""
        return self.journal.fingerprint(folded_document(agent.agent_dni))

    def _password(self, row: PlannedAgent) -> str:
        """The password that is about to be sent, in the file by then where there is one."""
        agent = row.agent
        # one that was asked for before may be the one that the agent has by now
        kept = self.file.password_of(agent.agent_dni) if self.file is not None else None
        password = agent.agent_pass or kept or new_password()
        if self.file is not None:
            self.file.ask(agent.agent_dni, agent.agent_name, password, row.agent_id or "")
        return password

    def _place(self, agent: WantedAgent) -> str:
        if self.file is not None:
            return str(self.file.path)
        return "list" if agent.agent_pass else UNKNOWN

    def _asked(self, row: PlannedAgent, agent_id: str | None, password: str) -> tuple[str, str]:
        """Send the one request; returns the agent's id and password as they are now."""
        agent, number = row.agent, agent_id or ""
        # a connection of its own: one kept open may break after sending, and nobody could tell
        with Administration(
            self.operation.server, self.operation.token, self.operation.address, answer_seconds=self.answer_seconds
        ) as client:
            if row.action == "create":
                created = client.create_agent(agent.agent_dni, agent.agent_name, agent.agent_sso, password)
                return created.agent_id, created.password or password
            if row.action in {"edit", "reuse"}:
                person = {**row.before, **row.after}
                dni, name = person.get("agent_dni") or agent.agent_dni, person.get("agent_name") or agent.agent_name
                client.edit_agent(number, dni, name, person.get("agent_sso"), password)
            elif row.action == "enable":
                client.enable_agent(number)
            elif row.action == "disable":
                client.disable_agent(number)
            elif row.action == "add_skill":
                client.add_agents_skill(str(row.after["skill_id"]), number, str(row.after["expertise"]))
            else:
                client.remove_agents_skill(str(row.after["skill_id"]), number)
        return number, password

    def _done(self, row: PlannedAgent, request_id: str, agent_id: str, password: str) -> ProvisionedAgent:
        outcome: Outcome = "created" if row.action == "create" else "done"
        if not password:
            self.journal.requests.settle(request_id, outcome, agent_id)
            self._step("settled", row)
            return ProvisionedAgent(row.agent, row.action, outcome, agent_id, row.reason, row.facts)
        agent, reason, place, trouble = row.agent, None, self._place(row.agent), None
        if self.file is None:
            reason = None if agent.agent_pass else "message_discarded"
        else:
            try:
                # before the journal's outcome, so that a crash between the two loses no password
                self.file.set(agent_id, agent.agent_dni, agent.agent_name, password)
            except UnavailableError as error:
                trouble = error
                if password != self.file.password_of(agent.agent_dni):
                    reason, place = "message_password_lost", UNKNOWN
        self._step("saved", row)
        self.journal.requests.settle(request_id, outcome, agent_id, reason=reason, password=place)
        self._step("settled", row)
        known = place != UNKNOWN
        return ProvisionedAgent(agent, row.action, outcome, agent_id, reason, {}, trouble, known)

    def _settled(
        self, row: PlannedAgent, request_id: str, outcome: Outcome, agent_id: str | None, error: WolkvoxError
    ) -> ProvisionedAgent:
        facts = (
            error.facts if self._may_quote else {**error.facts, **({"quoted": "…"} if "quoted" in error.facts else {})}
        )
        message = error.message if self._may_quote else None
        self.journal.requests.settle(request_id, outcome, agent_id, reason=error.reason, facts=facts, message=message)
        self._step("settled", row)
        return ProvisionedAgent(row.agent, row.action, outcome, agent_id, error.reason, facts, error)

    @property
    def _may_quote(self) -> bool:
        # where people are protected, wolkvox's words may name them
        return all(protection == "keep" for protection in self.operation.privacy.protections.values())

    def _step(self, step: Step, row: PlannedAgent) -> None:
        if self.on_step:
            self.on_step(step, row)
