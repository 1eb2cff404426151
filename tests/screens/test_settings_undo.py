"""Every change of the settings can be taken back, and what must not be is refused with a sentence."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automation.models import Rule
from automation.services import rules
from cases.models import CalendarDay, SlaPolicy
from cases.services import configure as promises
from channels_app.models import Channel
from channels_app.services import channels
from cxos.core.errors import Conflict
from cxos.core.models import AuditEntry, Team, User
from cxos.core.services import people
from cxos.core.services.audit import first_broken
from cxos.screens.settings.undo import take_back
from cxos.screens.settings.wording import said_conditions, said_rings, said_week
from routing.models import AgentSkill, Queue, QueueMember, Skill
from routing.services import configure, members

NOW = timezone.now()


@pytest.fixture
def queue(db: None, adi: User) -> Queue:
    return configure.save_queue(None, changes={"name": "Care", "offer_seconds": 30}, actor=adi, now=NOW)


def last() -> AuditEntry:
    return AuditEntry.objects.latest("id")


def undo(actor: User) -> AuditEntry:
    return take_back(last(), actor=actor, now=NOW)


def test_a_queue_gets_back_what_it_had_and_keeps_what_changed_otherwise(queue: Queue, adi: User) -> None:
    configure.save_queue(queue, changes={"offer_seconds": 20}, actor=adi, now=NOW)
    change = last()
    configure.save_queue(queue, changes={"name": "Customer care"}, actor=adi, now=NOW)

    written = take_back(change, actor=adi, now=NOW)

    queue.refresh_from_db()
    assert (queue.offer_seconds, queue.name, queue.version) == (30, "Customer care", 4)
    assert (written.undoes, written.before, written.after) == (change.pk, {"offer_seconds": 20}, {"offer_seconds": 30})
    assert first_broken() is None


def test_an_undo_is_taken_back_too_but_nothing_twice(queue: Queue, adi: User) -> None:
    configure.save_queue(queue, changes={"offer_seconds": 20}, actor=adi, now=NOW)
    change = last()
    written = take_back(change, actor=adi, now=NOW)

    with pytest.raises(Conflict, match="taken back already"):
        take_back(change, actor=adi, now=NOW)
    take_back(written, actor=adi, now=NOW)

    queue.refresh_from_db()
    assert queue.offer_seconds == 20


def test_what_changed_again_since_is_not_overwritten(queue: Queue, adi: User) -> None:
    configure.save_queue(queue, changes={"offer_seconds": 20}, actor=adi, now=NOW)
    change = last()
    configure.save_queue(queue, changes={"offer_seconds": 25}, actor=adi, now=NOW)
    entries = AuditEntry.objects.count()

    with pytest.raises(Conflict, match="“An offer lasts” of “Care” was changed again since"):
        take_back(change, actor=adi, now=NOW)

    queue.refresh_from_db()
    assert (queue.offer_seconds, AuditEntry.objects.count()) == (25, entries)


def test_a_new_queue_goes_unless_something_needs_it(queue: Queue, adi: User) -> None:
    made = last()
    rule = rules.save_rule(
        None, name="To care", conditions={}, actions=[{"kind": "enqueue", "queue": "care"}], actor=adi, now=NOW
    )
    with pytest.raises(Conflict, match="is named by the rule “To care”"):
        take_back(made, actor=adi, now=NOW)

    rules.remove_rule(rule, actor=adi)
    take_back(made, actor=adi, now=NOW)
    assert not Queue.objects.exists()


def test_members_return_with_their_levels(queue: Queue, ana: User, sam: User, adi: User) -> None:
    members.set_members(queue, levels={ana.pk: 3}, actor=adi, now=NOW)
    members.set_members(queue, levels={sam.pk: 1}, actor=adi, now=NOW)

    undo(adi)

    assert list(QueueMember.objects.values_list("user", "level")) == [(ana.pk, 3)]


def test_skills_return_also_a_removed_one(ana: User, sam: User, adi: User) -> None:
    skill = configure.save_skill(None, name="French", actor=adi)
    configure.set_levels({(ana.pk, skill.pk): 4, (sam.pk, skill.pk): 2}, actor=adi, now=NOW)
    configure.set_skill_level(ana, skill=skill, level=None, actor=adi, now=NOW)
    undo(adi)
    assert AgentSkill.objects.get(user=ana).level == 4

    configure.remove_skill(skill, actor=adi)
    undo(adi)

    assert Skill.objects.get().key == "french"
    assert sorted(AgentSkill.objects.values_list("user__name", "level")) == [("Ana", 4), ("Sam", 2)]


def test_hours_promises_and_days_return(adi: User) -> None:
    week = {"0": [[540, 1020]]}
    calendar = promises.save_calendar(None, name="Office", zone="UTC", weekly=week, actor=adi, now=NOW)
    made = last()
    promises.save_calendar(calendar, name="Office", zone="Europe/Berlin", weekly={}, actor=adi, now=NOW)
    undo(adi)
    calendar.refresh_from_db()
    assert (calendar.zone, calendar.weekly) == ("UTC", week)

    day = timezone.localdate()
    promises.save_day(calendar, day=day, name="Fair", intervals=[], actor=adi, now=NOW)
    undo(adi)
    assert not CalendarDay.objects.exists()

    kept = {"name": "Gold", "calendar": calendar, "conditions": {}, "rank": 1, "enabled": True, "reopening": "resume"}
    policy = promises.save_promise(None, budgets={("resolution", None): 60}, actor=adi, now=NOW, **kept)
    promises.save_promise(policy, budgets={("first_response", 3): 30}, actor=adi, now=NOW, **kept)
    undo(adi)
    assert list(policy.targets.values_list("metric", "priority", "budget_seconds")) == [("resolution", None, 60)]

    with pytest.raises(Conflict, match="counts by Office"):
        take_back(made, actor=adi, now=NOW)
    assert SlaPolicy.objects.exists()


def test_rules_return_whole_and_in_their_order(adi: User) -> None:
    given = {"conditions": {"fact": "channel.kind", "op": "is", "value": "api"}, "actions": [{"kind": "resolve"}]}
    first = rules.save_rule(None, name="One", actor=adi, now=NOW, **given)
    second = rules.save_rule(None, name="Two", actor=adi, now=NOW, **given)
    rules.order_rules("MessageReceived", ids=[second.pk, first.pk], actor=adi)
    undo(adi)
    assert [rule.name for rule in Rule.objects.order_by("position")] == ["One", "Two"]

    rules.remove_rule(first, actor=adi)
    undo(adi)
    assert Rule.objects.get(name="One").conditions == given["conditions"]


def test_people_and_channels_return(ana: User, adi: User, team: Team) -> None:
    people.change_person(ana, changes={"role": "supervisor", "team_ids": []}, actor=adi)
    undo(adi)
    ana.refresh_from_db()
    assert (ana.role, list(ana.teams.all())) == ("agent", [team])
    people.deactivate(ana, actor=adi)
    undo(adi)
    ana.refresh_from_db()
    assert ana.is_active

    channel, _secret = channels.create_channel(kind="api", name="Shop", config={}, actor=adi, now=NOW)
    channels.change_channel(channel, config={"queue": "care"}, actor=adi)
    undo(adi)
    channel.refresh_from_db()
    assert channel.config == {}
    assert Channel.objects.get().enabled


def test_what_has_no_earlier_state_says_so(ana: User, adi: User) -> None:
    people.password_link(ana, actor=adi)
    with pytest.raises(Conflict, match="no earlier state"):
        undo(adi)


def test_the_page_offers_undo_and_tells_that_it_was_done(client: Client, queue: Queue, team: Team, adi: User) -> None:
    configure.save_queue(queue, changes={"team_id": team.pk, "offer_seconds": 90}, actor=adi, now=NOW)
    entry = last()
    client.force_login(adi)
    page = client.get(f"/settings/audit/?thing=routing.Queue&id={queue.pk}").content.decode()
    assert (
        "History of Care" in page
        and '<ins dir="auto">Care</ins>' in page
        and '<ins dir="auto">1 min 30 s</ins>' in page
    )

    answer = client.post(f"/settings/audit/{entry.pk}/undo/", headers={"HX-Request": "true"})

    assert (answer.status_code, Queue.objects.get().team) == (204, None)
    assert "Taken back by Adi" in client.get("/settings/audit/").content.decode()
    again = client.post(f"/settings/audit/{entry.pk}/undo/", headers={"HX-Request": "true"})
    assert (again.status_code, again.content.decode()) == (409, "This was taken back already.")


def test_many_cells_cost_as_few_queries_as_one(ana: User, sam: User, adi: User) -> None:
    skills = [configure.save_skill(None, name=f"Skill {n}", actor=adi) for n in range(20)]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        changed = configure.set_levels(
            {(user.pk, skill.pk): 3 for user in (ana, sam) for skill in skills}, actor=adi, now=NOW
        )
    assert (changed, len(captured) <= 22) == (40, True)
    assert AuditEntry.objects.filter(verb="changed the skills of").count() == 2


def test_weeks_and_conditions_are_said_in_words() -> None:
    week = {"0": [[540, 1020]], "1": [[540, 1020]], "2": [[540, 720], [780, 1020]], "5": [[1320, 1800]]}
    assert said_week(week) == "Mon–Tue 09:00–17:00; Wed 09:00–12:00, 13:00–17:00; Sat 22:00–06:00"
    assert said_week({}) == "closed"
    tree = {
        "and": [
            {"fact": "channel.kind", "op": "is", "value": "api"},
            {"not": {"fact": "customer.vip", "op": "is", "value": True}},
        ]
    }
    assert said_conditions(tree) == "Kind of channel is api and (not (VIP is yes))"
    assert said_conditions({}) == "always"
    rings = [
        {"seconds": 30, "min_queue_level": 3, "drops": ["french"]},
        {"drops_all_soft": True, "groups": [{"team": 1}]},
    ]
    assert said_rings(rings) == "30 s from level 3 without french; then for good without soft skills with teams 1"
