"""What must hold for every snapshot, whatever is in it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings, strategies as st

from routing.matching import (
    Agent,
    Item,
    Preference,
    QueueRules,
    Reason,
    Requirement,
    Result,
    Ring,
    SkillMode,
    Snapshot,
    Strategy,
    default_cost,
    encoded,
    explain,
    match,
)

NOW = 1_700_000_000.0
MEDIA = ["voice", "chat", "email"]

requirements = st.builds(
    Requirement, st.integers(1, 3), st.integers(1, 4), st.booleans(), st.sampled_from([0.5, 1.0, 2.0])
)
rings = st.lists(
    st.builds(
        Ring,
        seconds=st.sampled_from([None, 30.0, 60.0]),
        drops=st.frozensets(st.integers(1, 3), max_size=2),
        drops_all_soft=st.booleans(),
        min_queue_level=st.integers(0, 3),
        hold=st.booleans(),
    ),
    max_size=3,
).map(tuple)
rules = st.builds(
    QueueRules,
    id=st.just(0),
    aging=st.sampled_from([1.0, 0.0, -1.0, 0.5]),
    strategy=st.sampled_from(Strategy),
    skill_mode=st.sampled_from(SkillMode),
    rings=rings,
    offer_size=st.sampled_from([1, 1, 1, 3]),
    batch=st.booleans(),
)
items = st.builds(
    Item,
    id=st.just(0),
    queue=st.integers(1, 2),
    medium=st.sampled_from(MEDIA),
    queued_at=st.floats(NOW - 600, NOW),
    priority=st.integers(0, 3),
    interruptible=st.booleans(),
    required=st.lists(requirements, max_size=2).map(tuple),
    preferred=st.lists(st.builds(Preference, st.integers(1, 3), st.sampled_from([0.5, 2.0])), max_size=1).map(tuple),
    sticky_agent=st.sampled_from([None, None, 1, 2]),
    sticky_until=st.sampled_from([None, NOW + 10]),
    direct_agent=st.sampled_from([None, None, None, 1]),
    direct_until=st.sampled_from([None, NOW - 1, NOW + 10]),
    excluded=st.sampled_from([(), ((1, NOW + 5),), ((2, NOW - 5),)]),
    sla_due=st.sampled_from([None, NOW - 10, NOW + 300, NOW + 3000]),
    sla_target=st.just(600.0),
)


@st.composite
def agents(draw: st.DrawFn) -> Agent:
    held = draw(st.sampled_from([(), ("chat",), ("email",), ("email", "chat"), ("voice",)]))
    counts = {medium: held.count(medium) for medium in held}
    load = sum(default_cost(medium) for medium in held)
    interruptible = default_cost("email") if "email" in held and draw(st.booleans()) else 0
    return Agent(
        id=0,
        skills=draw(st.dictionaries(st.integers(1, 3), st.integers(0, 5))),
        queues=draw(st.dictionaries(st.integers(1, 2), st.integers(0, 5))),
        routable=draw(st.sampled_from([True, True, True, False])),
        media=draw(st.sampled_from([None, None, frozenset({"chat", "voice"})])),
        load=load,
        interruptible_load=interruptible,
        counts=counts,
        caps=draw(st.sampled_from([{}, {"chat": 2, "voice": 1}])),
        idle_since=None if load else NOW - draw(st.integers(0, 900)),
        occupancy=draw(st.floats(0, 1)),
        handled=draw(st.integers(0, 9)),
        last_offer_at=draw(st.sampled_from([None, NOW - 50])),
        predicted_free_at=draw(st.sampled_from([None, NOW + 5])),
    )


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:

    crew = [replace(agent, id=i) for i, agent in enumerate(draw(st.lists(agents(), max_size=5)), start=1)]
    work = [replace(item, id=i) for i, item in enumerate(draw(st.lists(items, max_size=8)), start=1)]
    queues = {queue: replace(draw(rules), id=queue) for queue in (1, 2)}
    return Snapshot(now=NOW, items=work, agents=crew, queues=queues)


def loads_after(snapshot: Snapshot, result: Result) -> dict[int, tuple[int, int, dict[str, int]]]:
    """agent → (load, interruptible load, counts) once every offer is held."""
    work = {item.id: item for item in snapshot.items}
    loads = {agent.id: (agent.load, agent.interruptible_load, dict(agent.counts)) for agent in snapshot.agents}
    for each in result.matches:
        item = work[each.item]
        for agent in each.agents:
            load, interruptible, counts = loads[agent]
            counts[item.medium] = counts.get(item.medium, 0) + 1
            loads[agent] = (load + each.cost, interruptible + each.cost * item.interruptible, counts)
    return loads


@settings(max_examples=150, deadline=None)
@given(snapshots())
def test_capacity_is_never_exceeded(snapshot: Snapshot) -> None:
    result = match(snapshot)

    for agent in snapshot.agents:
        load, interruptible, counts = loads_after(snapshot, result)[agent.id]
        assert load - interruptible <= agent.budget
        took_a_call = counts.get("voice", 0) > agent.counts.get("voice", 0)
        assert load <= agent.budget or took_a_call
        assert all(counts.get(medium, 0) <= max(cap, agent.counts.get(medium, 0)) for medium, cap in agent.caps.items())


@settings(max_examples=80, deadline=None)
@given(snapshots(), st.randoms())
def test_the_same_facts_in_any_order_give_the_same_matches(snapshot: Snapshot, random: object) -> None:

    shuffled_items, shuffled_agents = list(snapshot.items), list(snapshot.agents)
    random.shuffle(shuffled_items)  # type: ignore[attr-defined]
    random.shuffle(shuffled_agents)  # type: ignore[attr-defined]

    again = match(replace(snapshot, items=shuffled_items, agents=shuffled_agents))

    assert {m.item: m.agents for m in again.matches} == {m.item: m.agents for m in match(snapshot).matches}


@settings(max_examples=150, deadline=None)
@given(snapshots())
def test_hard_skills_media_presence_and_exclusion_are_never_violated(snapshot: Snapshot) -> None:
    crew = {agent.id: agent for agent in snapshot.agents}
    work = {item.id: item for item in snapshot.items}

    for each in match(snapshot).matches:
        item = work[each.item]
        assert len(set(each.agents)) == len(each.agents)
        for agent in (crew[agent] for agent in each.agents):
            assert agent.routable
            assert agent.media is None or item.medium in agent.media
            assert all(agent.skills.get(need.skill, 0) >= need.level for need in item.required if need.hard)
            assert not any(excluded == agent.id and until > NOW for excluded, until in item.excluded)


@settings(max_examples=80, deadline=None)
@given(snapshots())
def test_every_item_has_exactly_one_answer(snapshot: Snapshot) -> None:
    result = match(snapshot)

    answered = (
        [m.item for m in result.matches] + [u.item for u in result.unmatched] + [d.item for d in result.diversions]
    )
    assert sorted(answered) == sorted(item.id for item in snapshot.items)


@settings(max_examples=150, deadline=None)
@given(snapshots())
def test_no_eligible_pair_is_left_unmatched(snapshot: Snapshot) -> None:
    """Matching again after the offers are held finds nothing more."""

    result = match(snapshot)
    loads = loads_after(snapshot, result)
    done = {m.item for m in result.matches}
    crew = [
        replace(
            agent,
            load=loads[agent.id][0],
            interruptible_load=loads[agent.id][1],
            counts=loads[agent.id][2],
            idle_since=None if loads[agent.id][0] else agent.idle_since,
        )
        for agent in snapshot.agents
    ]

    again = match(replace(snapshot, items=[i for i in snapshot.items if i.id not in done], agents=crew))

    assert again.matches == ()


@settings(max_examples=80, deadline=None)
@given(snapshots())
def test_nobody_free_means_the_agents_in_the_pool_are_busy(snapshot: Snapshot) -> None:
    for waiting in match(snapshot).unmatched:
        if waiting.reason is Reason.NOBODY_FREE:
            assert waiting.filtered.get(Reason.NO_CAPACITY, 0) + waiting.filtered.get(Reason.EXCLUDED, 0) > 0
        assert waiting.wake_at is None or waiting.wake_at > NOW


@settings(max_examples=80, deadline=None)
@given(snapshots())
def test_explanations_stay_within_two_kilobytes(snapshot: Snapshot) -> None:
    for each in match(snapshot).matches:
        assert len(encoded(explain(each))) <= 2048


@settings(max_examples=50, deadline=None)
@given(st.floats(0.01, 5.0), st.integers(1, 3))
def test_with_ageing_an_old_item_is_served_before_any_stream_of_urgent_ones(aging: float, priority: int) -> None:
    """However many urgent items arrive, one that is older by the worth of their priority goes first."""
    old = Item(id=1, queue=1, medium="voice", queued_at=NOW - priority * 60 / aging - 1, priority=0)
    urgent = [Item(id=i, queue=1, medium="voice", queued_at=NOW, priority=priority) for i in range(2, 40)]
    queues = {1: QueueRules(1, aging=aging)}

    result = match(Snapshot(now=NOW, items=[*urgent, old], agents=[Agent(id=1, queues={1: 1})], queues=queues))

    assert [m.item for m in result.matches] == [1]
