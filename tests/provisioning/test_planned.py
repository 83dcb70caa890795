"""What an action is about."""

from wolkvox_source.provisioning.planned import subject


def test_what_is_about_the_same_thing_is_known() -> None:
    assert subject("enable", {"enabled": "yes"}) == subject("disable", {"enabled": "no"})
    assert subject("add_skill", {"skill_id": "4001"}) == subject("remove_skill", {"skill_id": "4001"})
    assert subject("add_skill", {"skill_id": "4001"}) != subject("add_skill", {"skill_id": "4002"})
