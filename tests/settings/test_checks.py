"""A setting that is missing or wrong, told in one sentence."""

from collections.abc import Callable

import pytest

from tests.settings.sayings import SECRET, sentence
from wolkvox_source.errors import ConfigurationError
from wolkvox_source.language import speak
from wolkvox_source.settings import configured_operations

WHOLE = {"server": "0010", "token": SECRET}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(
            {"token": SECRET},
            "The setting `sources.wolkvox.server` is missing: put it in .dlt/config.toml, or in the environment as "
            "SOURCES__WOLKVOX__SERVER.",
            id="no server",
        ),
        pytest.param(
            {"server": "0010"},
            "The setting `sources.wolkvox.token` is missing: put it in .dlt/secrets.toml, or in the environment as "
            "SOURCES__WOLKVOX__TOKEN.",
            id="no token",
        ),
        pytest.param(
            {"operations": '["ventas"]', "server": "0010"},
            "The setting `sources.wolkvox.ventas.token` is missing: put it in .dlt/secrets.toml, or in the environment "
            "as SOURCES__WOLKVOX__VENTAS__TOKEN.",
            id="no token of one operation",
        ),
        pytest.param(
            {**WHOLE, "operations": '["a b"]'},
            "The operation name 'a b' cannot be used: use letters, digits, `_` and `-` in "
            "`sources.wolkvox.operations`.",
            id="a name with a space",
        ),
        pytest.param(
            {**WHOLE, "operations": '["señal"]'},
            "The operation name 'señal' cannot be used: use letters, digits, `_` and `-` in "
            "`sources.wolkvox.operations`.",
            id="a name with ñ",
        ),
        pytest.param(
            {**WHOLE, "operations": '[""]'},
            "The operation name '' cannot be used: use letters, digits, `_` and `-` in `sources.wolkvox.operations`.",
            id="an empty name",
        ),
        pytest.param(
            {**WHOLE, "operations": '["a", "b", "a"]'},
            "The operation 'a' stands twice in `sources.wolkvox.operations`: name it once.",
            id="a name twice",
        ),
        pytest.param(
            {**WHOLE, "operations": "ventas"},
            "The setting `sources.wolkvox.operations` of operation wolkvox is 'ventas', and must be a list.",
            id="a name that is no list",
        ),
        pytest.param(
            {**WHOLE, "timezone": "America/Bogotá"},
            "The time zone 'America/Bogotá' of operation 0010 does not exist or is not known "
            "to warehouses: use a name such as America/Bogota, "
            "America/Lima or America/Santiago in the setting `timezone`.",
            id="a time zone with an accent",
        ),
        pytest.param(
            {**WHOLE, "timezone": "America"},
            "The time zone 'America' of operation 0010 does not exist or is not known "
            "to warehouses: use a name such as America/Bogota, America/Lima "
            "or America/Santiago in the setting `timezone`.",
            id="a continent",
        ),
        pytest.param(
            {**WHOLE, "timezone": "../../../etc/hostname"},
            "The time zone '../../../etc/hostname' of operation 0010 does not exist or is not known "
            "to warehouses: use a name such as "
            "America/Bogota, America/Lima or America/Santiago in the setting `timezone`.",
            id="a file",
        ),
        pytest.param(
            {**WHOLE, "licences": "many"},
            "The setting `sources.wolkvox.licences` of operation wolkvox is 'many', and must be a whole number.",
            id="a number in words",
        ),
        pytest.param(
            {**WHOLE, "licences": "-1"},
            "The setting `sources.wolkvox.licences` of operation 0010 is -1, and must be 0 or more.",
            id="less than nothing",
        ),
        pytest.param(
            {**WHOLE, "requests_at_most": "0"},
            "The setting `sources.wolkvox.requests_at_most` of operation 0010 is 0, and must be 1 or more.",
            id="no requests",
        ),
        pytest.param(
            {**WHOLE, "guard_vanished_agents": "-1"},
            "The setting `sources.wolkvox.guard_vanished_agents` of operation 0010 is -1, and must be 0 or more.",
            id="fewer than nobody",
        ),
        pytest.param(
            {**WHOLE, "guard_vanished_share": "20"},
            "The setting `sources.wolkvox.guard_vanished_share` of operation 0010 is 20.0, and must be a share from 0 "
            "to 1.",
            id="a percentage",
        ),
        pytest.param(
            {**WHOLE, "guard_rejected_share": "nan"},
            "The setting `sources.wolkvox.guard_rejected_share` of operation 0010 is nan, and must be a share from 0 "
            "to 1.",
            id="not a number",
        ),
        pytest.param(
            {**WHOLE, "privacy_agent_dni": "erase"},
            "The setting `sources.wolkvox.privacy_agent_dni` of operation wolkvox is 'erase', and must be one of keep, "
            "hash, drop.",
            id="a protection that does not exist",
        ),
        pytest.param(
            {**WHOLE, "privacy_agent_dni": "hash", "privacy_agent_name": "hash"},
            "Operation 0010 asks to hash agent_name, agent_dni, and there is no key: put a long random text in the "
            "secret `privacy_key` and keep it, or the hashes will never join again.",
            id="a hash without a key",
        ),
        pytest.param(
            {**WHOLE, "privacy_agent_dni": "hash", "privacy_key": ""},
            "Operation 0010 asks to hash agent_dni, and there is no key: put a long random text in the secret "
            "`privacy_key` and keep it, or the hashes will never join again.",
            id="a hash with an empty key",
        ),
        pytest.param(
            {**WHOLE, "token": " \n"},
            "The setting `sources.wolkvox.token` is missing: put it in .dlt/secrets.toml, or in the environment as "
            "SOURCES__WOLKVOX__TOKEN.",
            id="a blank token",
        ),
        pytest.param(
            {**WHOLE, "token": "two words"},
            "The setting `sources.wolkvox.token` of operation 0010 is 'hidden', and must be one word of letters "
            "and digits.",
            id="a token of two words",
        ),
        pytest.param(
            {**WHOLE, "token": "contraseña"},
            "The setting `sources.wolkvox.token` of operation 0010 is 'hidden', and must be one word of letters "
            "and digits.",
            id="a token that no header holds",
        ),
    ],
)
def test_a_missing_or_wrong_setting_is_one_sentence(
    environment: Callable[..., None], given: dict[str, str], said: str
) -> None:
    environment(**given)

    assert sentence() == said


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://wolkvox.com",
        "wv0010.wolkvox.com",
        "http://?",
        "http://a b",
        "https://x?y=1",
        "https://u:p@wolkvox.com",
        "http://[::1",
        "http://wolkvox.com:99999",
        "http://wolkvox.com:x",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_none_is_refused(environment: Callable[..., None], base_url: str) -> None:
    environment(server="0010", token=SECRET, base_url=base_url)

    shown = base_url.replace("u:p@", "u:<secret>@")
    assert sentence() == (
        f"{shown!r} of operation 0010 is not a web address: check `server` (for example 0010) and `base_url`."
    )


@pytest.mark.parametrize("server", ["https://example.com", "wolkvox.com", "00 10"])
def test_a_server_that_is_none_is_the_setting_that_is_blamed(server: str, environment: Callable[..., None]) -> None:
    environment(server=server, token=SECRET)

    assert sentence().startswith(
        f"The setting `sources.wolkvox.server` of operation {server} is {server!r}, and must be the number in wolkvox's"
    )


@pytest.mark.parametrize("empty", ["server", "token"])
def test_an_empty_setting_is_a_missing_one(empty: str, environment: Callable[..., None]) -> None:
    environment(**{"server": "0010", "token": SECRET, empty: ""})

    assert sentence().startswith(f"The setting `sources.wolkvox.{empty}` is missing: put it in .dlt/")


def test_a_wrong_setting_is_one_spanish_sentence(environment: Callable[..., None]) -> None:
    environment(server="0010")

    with pytest.raises(ConfigurationError) as caught:
        configured_operations()

    assert speak("es").tell(caught.value) == (
        "Falta el ajuste `sources.wolkvox.token`: póngalo en .dlt/secrets.toml, o en el entorno como "
        "SOURCES__WOLKVOX__TOKEN."
    )


@pytest.mark.parametrize(
    "given",
    [
        {"token": f"{SECRET} {SECRET}"},
        {"timezone": "Mars"},
        {"licences": "many"},
        {"privacy_agent_dni": "hash"},
        {"operations": '["a", "a"]'},
        {"base_url": "x"},
    ],
    ids=str,
)
def test_no_error_shows_a_token(environment: Callable[..., None], given: dict[str, str]) -> None:
    environment(**{"server": "0010", "token": SECRET, "privacy_key": "", **given})

    with pytest.raises(ConfigurationError) as raised:
        configured_operations()

    assert "s3cr3t" not in str(raised.value) + repr(raised.value) + repr(vars(raised.value))
