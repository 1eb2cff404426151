"""How the floor is set up: queues, who serves them, who can do what. Read once, kept until somebody changes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from cxos.core import memory
from cxos.core.models import User
from cxos.core.prepared import Prepared
from routing.models import AgentSkill, Queue, QueueMember, Skill


@dataclass(frozen=True, slots=True)
class Setup:
    queues: Mapping[int, Queue]
    skill_ids: Mapping[str, int]  # key → id
    levels: Mapping[int, Mapping[int, int]]  # agent → queue → level
    delays: Mapping[int, Mapping[int, float]]  # agent → queue → seconds an item must have waited
    scores: Mapping[int, Mapping[int, float]]  # queue → agent → how well they are expected to do there
    skills: Mapping[int, Mapping[int | str, int]]  # agent → skill → level
    teams: Mapping[int, frozenset[int]]  # agent → teams that help in some ring
    members: Mapping[int, frozenset[int]]  # queue → agents who serve it or may help in it
    helped: Mapping[int, frozenset[int]]  # team → queues where it helps
    tokens: dict[int, list[str]] = field(default_factory=dict)

    def queues_of(self, agent_id: int) -> dict[int, int]:
        """Every queue whose work the agent may get, with their level there; helpers come with level 0."""
        helping = {queue: 0 for team in self.teams.get(agent_id, ()) for queue in self.helped.get(team, ())}
        return helping | dict(self.levels.get(agent_id, {}))

    def needs_met_by(self, agent_id: int) -> list[str]:
        """Each skill the agent has at each level up to theirs, as WorkItem.needs spells it."""
        known = self.tokens.get(agent_id)
        if known is None:
            mine = self.skills.get(agent_id, {})
            known = self.tokens[agent_id] = [
                need(key, level) for key, id in self.skill_ids.items() for level in range(mine.get(id, -1) + 1)
            ]
        return known


def need(skill: str, level: int) -> str:
    return f"{skill}:{level}"


TOKEN = Prepared("SELECT token FROM routing_floorversion ORDER BY id LIMIT 1")
_kept: dict[str, tuple[UUID, Setup]] = {}


def read_setup() -> Setup:
    """1 query as long as nothing has changed, else 7."""
    found = TOKEN.run({})
    token = found[0][0] if found else None
    kept = _kept.get("setup")
    if token is not None and kept is not None and kept[0] == token and memory.SECONDS:
        return kept[1]
    setup = _read()
    if token is not None:  # read before the rows: if they changed in between, the next one sees another token
        _kept["setup"] = (token, setup)
    return setup


def _read() -> Setup:
    queues = {queue.id: queue for queue in Queue.objects.select_related("calendar")}
    levels: dict[int, dict[int, int]] = defaultdict(dict)
    delays: dict[int, dict[int, float]] = defaultdict(dict)
    scores: dict[int, dict[int, float]] = defaultdict(dict)
    members: dict[int, set[int]] = defaultdict(set)
    columns = ("user_id", "queue_id", "level", "delay_seconds", "score")
    for user_id, queue_id, level, delay, score in QueueMember.objects.filter(user__is_active=True).values_list(
        *columns
    ):
        levels[user_id][queue_id] = level
        members[queue_id].add(user_id)
        if delay:
            delays[user_id][queue_id] = float(delay)
        if score is not None:
            scores[queue_id][user_id] = score
    skills: dict[int, dict[int | str, int]] = defaultdict(dict)
    for user_id, skill_id, level in AgentSkill.objects.values_list("user_id", "skill_id", "level"):
        skills[user_id][skill_id] = level
    helped = _helped(queues)
    teams = _teams(helped)
    for user_id, theirs in teams.items():
        for team in theirs:
            for queue_id in helped[team]:
                members[queue_id].add(user_id)
    return Setup(
        queues=queues,
        skill_ids=dict(Skill.objects.values_list("key", "id")),
        levels=levels,
        delays=delays,
        scores=scores,
        skills=skills,
        teams=teams,
        members={queue: frozenset(users) for queue, users in members.items()},
        helped=helped,
    )


def _helped(queues: Mapping[int, Queue]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for queue in queues.values():
        for ring in queue.rings:
            for group in ring.get("groups", ()):
                found[int(group["team"])].add(queue.id)
    return {team: frozenset(ids) for team, ids in found.items()}


def _teams(helped: Mapping[int, frozenset[int]]) -> dict[int, frozenset[int]]:
    if not helped:
        return {}
    found: dict[int, set[int]] = defaultdict(set)
    rows = User.teams.through.objects.filter(team__in=helped, user__is_active=True)
    for user_id, team_id in rows.values_list("user_id", "team_id"):
        found[user_id].add(team_id)
    return {user: frozenset(teams) for user, teams in found.items()}
