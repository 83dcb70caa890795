-- One row per operation, skill and agent who has it now (agent_key, skill_key).
--
-- Who can answer what, as in the latest accepted report. What it was on another day is in agent_skills, by its
-- valid_from and valid_to. There are none until the report skills is asked for.
--
-- operation: the wolkvox customer, as named in the configuration
-- agent_key: operation and agent_id, the key that joins with every other table
-- agent_id: the extension number that wolkvox gave, as text
-- agent_name: the agent's name, as the agents report has it, or else as the skill's list has it
-- skill_key: operation and skill_id
-- skill_id: the number that wolkvox gave the skill, as text
-- skill_name: the skill's name
-- skill_description: what it says of itself
-- expertise: how good the agent is at it, in wolkvox's own numbers
-- known_since: the observation that found this expertise, UTC
with open_skills as (
    select skill_key, skill_name, skill_description
    from skills
    where valid_to is null
)

select
    a.operation,
    a.agent_key,
    a.agent_id,
    coalesce(r.agent_name, a.agent_name) as agent_name,
    a.skill_key,
    a.skill_id,
    s.skill_name,
    s.skill_description,
    a.expertise,
    a.valid_from as known_since
from agent_skills as a
left join open_skills as s on s.skill_key = a.skill_key
left join agents as r on r.agent_key = a.agent_key
where a.valid_to is null and a.present
