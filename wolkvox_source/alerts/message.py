"""Alerts as one JSON: Slack reads its `text`, Teams the card in its `attachments`, a program its `alerts`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wolkvox_source.alerts.decision import Alert, State
from wolkvox_source.language import Speech

_REASONS: dict[State, str] = {
    "well": "alert_recovered",
    "stale": "alert_stale",
    "suspicious": "alert_suspicious",
    "refused": "alert_refused",
}
_CARD = "application/vnd.microsoft.card.adaptive"


def message(alerts: Sequence[Alert], now: datetime, speech: Speech) -> dict[str, Any]:
    """What is posted of `alerts`: names of operations, states and times, and nothing that wolkvox said."""
    lines = [sentence(alert, now, speech) for alert in alerts]
    # https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": line, "wrap": True} for line in lines],
    }
    text = "\n".join(lines)
    return {
        "type": "message",
        "text": text,
        # Slack has attachments of its own, which want a text to fall back on
        "attachments": [{"contentType": _CARD, "contentUrl": None, "content": card, "fallback": text}],
        "alerts": [
            {
                "operation": alert.operation,
                "state": "recovered" if alert.state == "well" else alert.state,
                "since": alert.since and alert.since.isoformat(),
            }
            for alert in alerts
        ],
    }


def sentence(alert: Alert, now: datetime, speech: Speech) -> str:
    """An alert in words."""
    if alert.since is None:
        return speech.say("alert_never", operation=alert.operation)
    return speech.say(_REASONS[alert.state], operation=alert.operation, at=alert.since, age=now - alert.since)
