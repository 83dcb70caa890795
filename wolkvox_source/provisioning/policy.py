"""What a plan may do, and what of it the administrator has accepted."""

from dataclasses import dataclass
from datetime import timedelta

# wolkvox's reports refresh about every ten minutes, so a person absent for longer was not created
RESEND_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Policy:
    """What a plan may do, and what of it the administrator has accepted.

    Attributes:
        only_creations: nobody who is there is touched, and another name is a conflict
        resend_after: how long a person must stay absent before an unanswered request is sent again
        recreate_gone: create again who was there once and is missing now
        accept_empty: accept a report without any agents, as of a new operation
        reset_passwords: edit names and network users, which sets a new password each time
        now: disable also who is not logged out
        exact_skills: remove the skills that a row does not name
        complete: the list names everybody; who was created or adopted here and is not in two of them is disabled
        accept_disable, accept_reuse, accept_reset: the exact number to be done at once where it is many
    """

    only_creations: bool = False
    resend_after: timedelta = RESEND_AFTER
    recreate_gone: bool = False
    accept_empty: bool = False
    reset_passwords: bool = False
    now: bool = False
    exact_skills: bool = False
    complete: bool = False
    accept_disable: int | None = None
    accept_reuse: int | None = None
    accept_reset: int | None = None
