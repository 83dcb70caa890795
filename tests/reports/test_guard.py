"""The guard: which reports are believed, each rule at its threshold."""

from typing import Any

import pytest

from wolkvox_source.language import Language, Speech
from wolkvox_source.reports.guard import CEILING, Thresholds, Verdict, judge


def verdict(**facts: Any) -> Verdict:
    """The verdict on a calm report of 100 records, but for what a test says."""
    calm: dict[str, Any] = {
        "announced": None,
        "received": 100,
        "rejected": 0,
        "known": 100,
        "vanished": 0,
        "differing": 0,
        "emptied": (),
        "thresholds": Thresholds(),
    }
    return judge("ventas", **{**calm, **facts})


def told(judged: Verdict, language: Language = "en") -> str:
    assert judged.reason
    return Speech(language).say(judged.reason, **judged.facts)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param({}, "unchanged", id="nothing differs"),
        pytest.param({"differing": 1}, "changed", id="one agent differs"),
        pytest.param({"announced": 100}, "unchanged", id="as many as announced"),
        pytest.param({"received": CEILING - 1, "known": CEILING}, "unchanged", id="one below the ceiling"),
        pytest.param({"received": CEILING + 1}, "unchanged", id="one beyond the ceiling"),
        pytest.param({"known": 10, "vanished": 5}, "unchanged", id="five vanished, half of all"),
        pytest.param({"known": 30, "vanished": 6}, "unchanged", id="six vanished, 20 % exactly"),
        pytest.param({"received": 10, "rejected": 5}, "unchanged", id="five rejected, half of all"),
        pytest.param({"received": 120, "rejected": 6}, "unchanged", id="six rejected, 5 % exactly"),
        pytest.param({"known": 0, "differing": 100}, "changed", id="first report"),
        pytest.param({"known": 0, "received": 0}, "unchanged", id="first report, and nobody in it"),
        pytest.param({"known": 0, "received": 0, "announced": 0}, "unchanged", id="nobody, and it says so"),
    ],
)
def test_a_report_is_believed_up_to_the_threshold(facts: dict[str, Any], outcome: str) -> None:
    judged = verdict(**facts)

    assert judged == Verdict(outcome)  # type: ignore[arg-type]
    assert judged.accepted


@pytest.mark.parametrize(
    ("facts", "outcome", "reason"),
    [
        pytest.param(
            {"announced": 101},
            "suspicious",
            "The report announced 101 and brought 100",
            id="one more announced",
        ),
        pytest.param(
            {"announced": 99}, "suspicious", "The report announced 99 and brought 100", id="one fewer announced"
        ),
        pytest.param(
            {"received": CEILING, "announced": CEILING, "known": CEILING},
            "suspicious",
            "The report brought exactly 60000, wolkvox's ceiling, so it is probably cut",
            id="the ceiling",
        ),
        pytest.param(
            {"known": 29, "vanished": 6},
            "suspicious",
            "Agents missing from the report all at once: 6 of 29",
            id="six vanished, more than 20 %",
        ),
        pytest.param(
            {"known": 60_000, "vanished": 12_001},
            "suspicious",
            "Agents missing from the report all at once: 12001 of 60000",
            id="one more than 20 % of many",
        ),
        pytest.param(
            {"received": 119, "rejected": 6},
            "suspicious",
            "Records without a usable agent_id: 6 of 119",
            id="six rejected, more than 5 %",
        ),
        pytest.param(
            {"emptied": ("agent_dni",)},
            "suspicious",
            "The column agent_dni is empty in the whole report (received: 100) and was not before",
            id="an emptied column",
        ),
        pytest.param(
            {"emptied": ("agent_name", "last_use")},
            "suspicious",
            "The column agent_name, last_use is empty in the whole report (received: 100) and was not before",
            id="two emptied columns",
        ),
        pytest.param(
            {"received": 0, "known": 1, "vanished": 1},
            "empty",
            "The report has no agents, and before it had 1",
            id="nobody where one was",
        ),
        pytest.param(
            {"received": 0, "known": 80, "vanished": 80, "announced": 80},
            "empty",
            "The report has no agents, and before it had 80",
            id="nobody, though announced",
        ),
        pytest.param(
            {"received": 0, "known": 0, "announced": 3},
            "suspicious",
            "The report announced 3 and brought 0",
            id="a first report at odds with itself",
        ),
        pytest.param(
            {"known": 0, "received": 8, "rejected": 8},
            "suspicious",
            "Records without a usable agent_id: 8 of 8",
            id="a first report of nothing usable",
        ),
    ],
)
def test_one_step_beyond_is_not_believed_and_a_sentence_says_why(
    facts: dict[str, Any], outcome: str, reason: str
) -> None:
    judged = verdict(**facts, differing=1)

    assert judged.outcome == outcome
    assert not judged.accepted
    sentence = told(judged)
    assert sentence.startswith(f"{reason}: nothing was loaded for this operation.")
    assert sentence.endswith("wolkvox sync --accept-loss ventas")


def test_the_sentence_is_spanish_for_whoever_speaks_it() -> None:
    assert told(verdict(announced=80), "es") == (
        "El reporte anunció 80 y trajo 100: no se cargó nada de esta operación. Para aceptarlo una vez: "
        "wolkvox sync --accept-loss ventas"
    )


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        pytest.param({"announced": 5, "differing": 1}, "changed", id="announced"),
        pytest.param({"received": CEILING}, "unchanged", id="ceiling"),
        pytest.param({"vanished": 99, "differing": 99}, "changed", id="vanished"),
        pytest.param({"rejected": 99, "differing": 1}, "changed", id="rejected"),
        pytest.param({"emptied": ("agent_dni",), "differing": 100}, "changed", id="emptied"),
        pytest.param({"received": 0, "vanished": 100, "differing": 100}, "changed", id="empty"),
    ],
)
def test_a_loss_that_is_accepted_is_believed(facts: dict[str, Any], outcome: str) -> None:
    assert verdict(**facts, accept_loss=True) == Verdict(outcome)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("thresholds", "facts", "believed"),
    [
        pytest.param(Thresholds(vanished_agents=9), {"known": 20, "vanished": 9}, True, id="nine agents may go"),
        pytest.param(Thresholds(vanished_agents=9), {"known": 20, "vanished": 10}, False, id="ten may not"),
        pytest.param(Thresholds(vanished_share=0.5), {"known": 20, "vanished": 10}, True, id="half may go"),
        pytest.param(Thresholds(vanished_share=0.5), {"known": 20, "vanished": 11}, False, id="more may not"),
        pytest.param(Thresholds(vanished_agents=0, vanished_share=0), {"vanished": 1}, False, id="nobody may go"),
        pytest.param(Thresholds(vanished_share=1), {"vanished": 100}, True, id="all may go"),
        pytest.param(Thresholds(rejected_records=0, rejected_share=0), {"rejected": 1}, False, id="none rejected"),
        pytest.param(Thresholds(rejected_records=7), {"received": 8, "rejected": 7}, True, id="seven rejected"),
        pytest.param(Thresholds(rejected_share=0.5), {"received": 20, "rejected": 10}, True, id="half rejected"),
        pytest.param(Thresholds(rejected_share=0.5), {"received": 20, "rejected": 11}, False, id="more than half"),
    ],
)
def test_thresholds_are_settings(thresholds: Thresholds, facts: dict[str, Any], believed: bool) -> None:
    assert verdict(thresholds=thresholds, **facts).accepted is believed


def test_exactly_a_fifth_is_never_too_much_whatever_floats_do() -> None:
    for fifth in range(6, 12_000):
        assert verdict(known=fifth * 5, vanished=fifth).accepted
        assert not verdict(known=fifth * 5 - 1, vanished=fifth).accepted
