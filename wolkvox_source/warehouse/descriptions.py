"""What each table and column means, as a reader of the warehouse finds it beside them."""

_OPERATION = "the wolkvox customer, as named in the configuration"
_AGENT = {
    "agent_key": "operation and agent_id, the key that joins with every other table",
    "operation": _OPERATION,
    "agent_id": "the extension number that wolkvox gave, as text; it can pass to another person",
}
_REPORTED = {
    "agent_name": "the agent's name",
    "agent_dni": "the agent's identity document",
    "agent_sso": "the agent's network user for single sign-on",
    "agent_status": "the status as wolkvox says it",
    "enabled": "whether the agent may connect; NULL when the report does not say",
}
_SETTINGS = {
    "timezone": "the IANA zone of the times that wolkvox prints, and of the operation's calendar",
    "interval_seconds": "how often the operation is meant to be observed, in seconds",
}
_HOURS = "the operating hours, as opening_hours names them; NULL where the centre is always open"

# what a reader of the warehouse finds beside each table and its columns
DESCRIPTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "agents": (
        "One row per agent ever seen, as in the latest accepted report.",
        {
            **_AGENT,
            **_REPORTED,
            "last_use": "the last connection that wolkvox reports, UTC; NULL when there is none that can be read",
            "last_use_raw": "the last connection as wolkvox sent it",
            "present": "whether the latest accepted report lists the agent",
            "row_version": "tells versions apart: a hash of what agent_history tracks",
        },
    ),
    "agent_history": (
        "One row per version of an agent: a span in which nothing but the connection changed.",
        {
            **_AGENT,
            **_REPORTED,
            "present": "whether the reports of the span listed the agent; else the values are the last known",
            "row_version": "tells versions apart: a hash of what is tracked",
            "valid_from": "the observation that found the version, UTC",
            "valid_to": "the observation that found another one, UTC; NULL while it is the current one",
        },
    ),
    "agent_connections": (
        "One row per connection ever seen: a value of last_use.",
        {
            **_AGENT,
            "last_use": "when the agent connected, UTC",
            "first_observed_at": "the observation that found it, UTC",
        },
    ),
    "observations": (
        "One row per operation and run, whatever happened.",
        {
            "operation": _OPERATION,
            "observed_at": "when wolkvox was asked, UTC",
            "outcome": "changed, unchanged, suspicious, empty, refused, unavailable or unreadable",
            "http_status": "the HTTP status of the answer",
            "code": "the code in the answer's body",
            "message": "what wolkvox itself said",
            "reason": "the key of the sentence that says why there is no report",
            "facts": "what that sentence names, as JSON",
            "announced_records": "how many records wolkvox said that there are",
            "received_records": "how many it sent",
            "rejected_records": "how many of them have no key of their own",
            "unparsed_values": "values that were there and could not be read",
            "appeared": "agents who were not on the roster before",
            "vanished": "agents who were on the roster and are not",
            "changed": "agents of whom anything else changed",
            "payload_bytes": "the size of the answer, in bytes",
            "doubt": "a digest of what was suspicious, the same as long as that repeats itself",
            "duration_seconds": "how long asking and comparing took, in seconds",
            "timezone": f"with which it was made: {_SETTINGS['timezone']}",
            "interval_seconds": f"with which it was made: {_SETTINGS['interval_seconds']}",
            "privacy": "with which it was made: what became of each personal column",
            "hours": f"with which it was made: {_HOURS}",
        },
    ),
    "rejected_records": (
        "One row per record of a report that has no key of its own.",
        {
            "operation": _OPERATION,
            "observed_at": "the observation that found it, UTC",
            "position": "its place in the report, from 0",
            "reason": "why it was rejected",
            "record": "the record, as JSON",
        },
    ),
    "operations": (
        "One row per operation ever configured, with its settings of today.",
        {
            "operation": _OPERATION,
            **_SETTINGS,
            "licences": "licences of the operation; NULL when not configured",
            "agents_per_licence": "named agents that one licence allows",
            "hours": _HOURS,
        },
    ),
    "opening_hours": (
        "One row per span of hours in which an operation is open, of all hours that it ever had.",
        {
            "operation": _OPERATION,
            "hours": "tells hours apart; observations say with which they were made",
            "position": "counts the rows of the same hours, from 0",
            "weekday": "1 for Monday to 7 for Sunday; NULL for a single day",
            "day": "a single day, which goes before its weekday; NULL for a weekday",
            "opens_minute": "minutes after the day's midnight on the operation's own clock; NULL on a closed day",
            "closes_minute": "likewise; past 1440 when it closes after the next midnight",
        },
    ),
    "status_categories": (
        "One row per status word and operation: what the word means.",
        {
            "agent_status": "the status word; case and accents do not matter",
            "operation": "the operation in which it means that, * for all",
            "category": "ready, talking, after-call work, ringing, auxiliary or logged out",
            "productive": "whether the status counts as productive",
            "paid": "whether the status counts as paid",
        },
    ),
    "planned_shifts": (
        "One row per version of a stretch of planned work, which a break ends; in force where replaced_at is NULL.",
        {
            "shift_id": "tells the rows apart",
            "operation": _OPERATION,
            "agent_id": "the agent's extension number, where the file of shifts names the agent by it",
            "agent_dni": "the agent's identity document, where the file names the agent by that",
            "weekday": "1 for Monday to 7 for Sunday; NULL for a single day, which valid_from and valid_to both are",
            "starts_minute": "minutes after the midnight of the operation's own day on which the shift begins",
            "ends_minute": "likewise; past 1440 when it ends after the next midnight",
            "valid_from": "the first day on which it is so",
            "valid_to": "the last such day; NULL when no end is known",
            "loaded_at": "when the file that says so was loaded, UTC",
            "replaced_at": "when a later file took its place, UTC; its days before that of loading stay in force",
        },
    ),
    "provisioned_agents": (
        "One row per request to create an agent.",
        {
            "request_id": "tells requests apart",
            **_AGENT,
            "agent_dni": "the identity document in the list of wanted agents",
            "requested_at": "when wolkvox was asked, UTC",
            "outcome": "what came of it: created, confirmed, exists, refused or unconfirmed",
            "message": "what wolkvox itself said",
            "action": "what was asked: create, edit, enable, disable, reuse, add_skill or remove_skill",
            "reason": "the key of the sentence that says more of the outcome",
            "facts": "what that sentence names, as JSON",
            "before": "what the report showed before, as JSON",
            "after": "what was wanted, as JSON; never a password",
            "password_known": "whether the password is in the file of passwords or in the list",
            "address": "the server that was asked",
        },
    ),
}
