"""Commands: one effect, the answer after it, a sentence when refused."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from cases.models import Case
from channels_app.models import Message
from cxos.core.models import Event, IdempotentAnswer, Team
from cxos.core.phrases import Phrase
from routing.models import AgentState, Offer, Queue, QueueMember, WorkItem
from routing.services.queue import enqueue
from tests.api.conftest import CLIENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(team: Team, ana, sam) -> Queue:
    queue = Queue.objects.create(key="care", name="Care", team=team)
    QueueMember.objects.create(queue=queue, user=ana)
    return queue


@pytest.fixture
def work(talk, queue, now) -> WorkItem:
    return enqueue(talk, queue=queue, priority=1, why=Phrase("The only queue."), now=now)


@pytest.fixture
def offer(work, ana, now, as_ana) -> Offer:
    """Ana is available, and the work rings at her place."""
    from datetime import timedelta

    from django.utils import timezone

    AgentState.objects.update_or_create(user=ana, defaults={"presence": "available"})
    WorkItem.objects.filter(id=work.id).update(state="offered")
    return Offer.objects.create(
        item=work, agent=ana, made_at=timezone.now(), expires_at=timezone.now() + timedelta(seconds=30)
    )


def test_a_reply_is_stored_and_told_before_the_answer(as_ana, talk, ana):
    answer = as_ana.post(f"conversations/{talk.id}/reply", {"text": "On its way."})

    assert answer.status_code == 201
    body = answer.json()
    assert (body["text"], body["author"], body["state"]) == ("On its way.", {"id": ana.id, "name": "Ana"}, "pending")
    assert Message.objects.filter(id=body["id"], conversation=talk).exists()
    assert Event.objects.filter(name="MessageSent", actor=f"user:{ana.id}").count() == 1


def test_an_empty_reply_is_refused_and_nothing_changes(as_ana, talk):
    answer = as_ana.post(f"conversations/{talk.id}/reply", {"text": "  "})

    assert (answer.status_code, answer.json()["code"]) == (422, "empty")
    assert talk.messages.count() == 1


def test_a_note_resolve_reopen_tags_and_priority(as_ana, talk):
    assert as_ana.post(f"conversations/{talk.id}/note", {"text": "Calls at five."}).json()["kind"] == "note"
    assert as_ana.post(f"conversations/{talk.id}/priority", {"priority": 3}).json()["priority"] == 3
    tagged = as_ana.post(f"conversations/{talk.id}/tags", {"add": ["Late Parcel", "vip"], "remove": ["gone"]})
    assert tagged.json()["tags"] == ["late-parcel", "vip"]
    assert as_ana.post(f"conversations/{talk.id}/status", {"status": "pending"}).json()["status"] == "pending"
    assert as_ana.post(f"conversations/{talk.id}/subject", {"subject": "Parcel"}).json()["subject"] == "Parcel"
    assert as_ana.post(f"conversations/{talk.id}/read").status_code == 200
    assert as_ana.post(f"conversations/{talk.id}/resolve").json()["status"] == "resolved"
    again = as_ana.post(f"conversations/{talk.id}/resolve")
    assert (again.status_code, again.json()["code"]) == (409, "already_resolved")
    assert as_ana.post(f"conversations/{talk.id}/reopen").json()["status"] == "open"


def test_an_offer_is_accepted_once_and_the_conversation_is_hers(as_ana, offer, talk, ana):
    answer = as_ana.post(f"offers/{offer.id}/accept")

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["agent"]["id"]) == ("active", ana.id)
    assert as_ana.get(f"conversations/{talk.id}").json()["assignee"] == {"id": ana.id, "name": "Ana"}


def test_somebody_elses_offer_is_not_there(as_sam, as_adi, offer):
    for stranger in (as_sam, as_adi):
        assert stranger.post(f"offers/{offer.id}/accept").status_code == 404
    offer.refresh_from_db()
    assert offer.state == "pending"


def test_a_declined_offer_returns_the_work(as_ana, offer, work):
    answer = as_ana.post(f"offers/{offer.id}/decline", {"reason": "lunch"})

    assert (answer.json()["state"], answer.json()["reason"]) == ("declined", "lunch")
    work.refresh_from_db()
    assert work.state == "waiting"


def test_presence_is_set_for_oneself_and_by_supervisors_for_others(as_ana, as_sam, ana, sam):
    assert as_ana.post("me/presence", {"presence": "available"}).json()["presence"] == "available"
    assert as_sam.post(f"agents/{ana.id}/presence", {"presence": "break"}).json()["presence"] == "break"
    refused = as_ana.post(f"agents/{sam.id}/presence", {"presence": "break"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")


def test_work_is_assigned_transferred_and_completed(as_sam, as_ana, work, ana, team):
    other = Queue.objects.create(key="billing", name="Billing", team=team)

    assert as_ana.post(f"work-items/{work.id}/transfer", {"queue": other.id}).status_code == 403
    held = as_sam.post(f"work-items/{work.id}/assign", {"agent": ana.id}).json()
    assert (held["state"], held["agent"]["id"]) == ("active", ana.id)
    late = as_ana.post(f"work-items/{work.id}/transfer", {"queue": other.id, "version": held["version"] - 1})
    assert (late.status_code, late.json()["code"]) == (409, "moved_on")
    moved = as_ana.post(f"work-items/{work.id}/transfer", {"queue": other.id, "version": held["version"]})
    assert (moved.json()["queue"]["key"], moved.json()["state"]) == ("billing", "waiting")
    assert as_sam.post(f"work-items/{work.id}/complete").json()["state"] == "canceled"


def test_a_conversation_is_handed_to_an_agent_with_its_work(as_sam, work, talk, ana, team):
    answer = as_sam.post(f"conversations/{talk.id}/assign", {"agent": ana.id})

    assert answer.json()["assignee"]["id"] == ana.id
    work.refresh_from_db()
    assert (work.state, work.agent_id) == ("active", ana.id)
    given_back = as_sam.post(f"conversations/{talk.id}/assign", {"agent": None})
    assert given_back.json()["assignee"] is None
    work.refresh_from_db()
    assert (work.state, work.agent_id) == ("waiting", None)
    other = Queue.objects.create(key="billing", name="Billing", team=Team.objects.create(name="Billing"))
    moved = as_sam.post(f"conversations/{talk.id}/transfer", {"queue": other.id})
    assert moved.json()["team"]["name"] == "Billing"
    assert as_sam.post(f"conversations/{talk.id}/transfer", {"queue": 0}).status_code == 422


def test_who_hands_work_to_a_team_they_do_not_see_is_told_it_is_done(as_ana, work, talk):
    unseen = Queue.objects.create(key="billing", name="Billing", team=Team.objects.create(name="Billing"))

    moved = as_ana.post(f"conversations/{talk.id}/transfer", {"queue": unseen.id})

    assert (moved.status_code, moved.json()["team"]["name"]) == (200, "Billing")
    assert as_ana.get(f"conversations/{talk.id}").status_code == 404


def test_an_unknown_agent_in_a_body_is_named_not_hidden(as_sam, talk):
    answer = as_sam.post(f"conversations/{talk.id}/assign", {"agent": 2**63 - 1})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "agent"


def test_why_answers_with_the_stored_reasons(as_ana, work, talk):
    answer = as_ana.get(f"conversations/{talk.id}/why").json()

    assert answer["queue"]["sentence"] == "The only queue."
    assert [one["kind"] for one in answer["history"]] == ["queue"]
    assert answer["agent"] is None


def test_a_case_is_opened_solved_and_reopened(as_ana, talk, kim):
    opened = as_ana.post("cases", {"conversation": talk.id, "subject": "Lost parcel", "priority": 2})

    assert opened.status_code == 201
    case = opened.json()
    assert (case["customer"]["id"], case["conversations"], case["status"]) == (kim.id, [talk.id], "open")
    assert as_ana.post(f"cases/{case['id']}/solve", {"resolution": "Sent again."}).json()["status"] == "solved"
    assert as_ana.post(f"cases/{case['id']}/solve").status_code == 409
    assert as_ana.post(f"cases/{case['id']}/reopen").json()["status"] == "open"


def test_a_case_without_customer_is_refused(as_ana):
    answer = as_ana.post("cases", {"subject": "Whose?"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "customer")
    assert Case.objects.count() == 0


# --- Idempotency-Key --------------------------------------------------------------------------------------------------


def test_the_same_command_again_gets_the_first_answer_and_no_second_effect(as_ana, talk):
    first = as_ana.post(f"conversations/{talk.id}/reply", {"text": "Hello", "client_id": ""}, once="k1")
    second = as_ana.post(f"conversations/{talk.id}/reply", {"client_id": "", "text": "Hello"}, once="k1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers
    assert talk.messages.filter(author_kind="agent").count() == 1


def test_another_body_or_address_under_the_same_key_is_a_conflict(as_ana, talk):
    as_ana.post(f"conversations/{talk.id}/reply", {"text": "Hello"}, once="k1")

    for path, body in (("reply", {"text": "Other"}), ("note", {"text": "Hello"})):
        answer = as_ana.post(f"conversations/{talk.id}/{path}", body, once="k1")
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
    assert talk.messages.count() == 2


def test_a_refusal_is_kept_too_but_a_malformed_request_is_not(as_ana, talk):
    assert as_ana.post(f"conversations/{talk.id}/reopen", once="k1").status_code == 409
    as_ana.post(f"conversations/{talk.id}/resolve")
    replayed = as_ana.post(f"conversations/{talk.id}/reopen", once="k1")
    assert (replayed.status_code, replayed.headers["Content-Type"]) == (409, "application/problem+json")

    assert as_ana.post(f"conversations/{talk.id}/priority", {"priority": "x"}, once="k2").status_code == 422
    assert as_ana.post(f"conversations/{talk.id}/priority", {"priority": 2}, once="k2").status_code == 200


def test_keys_of_two_callers_are_apart(as_ana, as_sam, talk):
    as_ana.post(f"conversations/{talk.id}/note", {"text": "one"}, once="same")
    answer = as_sam.post(f"conversations/{talk.id}/note", {"text": "two"}, once="same")

    assert (answer.status_code, answer.json()["text"]) == (201, "two")


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "ключ"])
def test_an_impossible_key_is_refused(as_ana, talk, key):
    answer = as_ana.post(f"conversations/{talk.id}/note", {"text": "one"}, once=key) if key else None
    if answer is None:
        answer = CLIENT.post(
            f"/api/v1/conversations/{talk.id}/note",
            {"text": "one"},
            content_type="application/json",
            headers={"Authorization": f"Bearer {as_ana.key}", "Idempotency-Key": ""},
        )

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key")
    assert talk.messages.count() == 1


def test_a_fault_of_ours_stores_nothing(as_ana, talk, monkeypatch):
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("channels_app.services.replies.add_note", fail)
    with pytest.raises(RuntimeError):
        as_ana.post(f"conversations/{talk.id}/note", {"text": "one"}, once="k1")

    assert IdempotentAnswer.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_parallel_requests_with_one_key_one_runs(as_ana, talk):
    answers: list[Any] = []
    barrier = threading.Barrier(8)

    def send() -> None:
        from django.db import connection

        barrier.wait()
        answers.append(as_ana.post(f"conversations/{talk.id}/reply", {"text": "Hello"}, once="k1"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 7
    assert talk.messages.filter(author_kind="agent").count() == 1


def test_a_macro_is_run_whole_once_a_client_id(as_ana, talk, ana, sam, now):
    from automation.services.macros import save_macro

    actions = [{"kind": "add_tags", "tags": ["refund"]}, {"kind": "reply", "text": "Hello"}]
    macro = save_macro(None, name="Refund", actions=actions, scope="everybody", actor=sam, now=now)
    theirs = save_macro(None, name="Sam's", actions=actions, scope="own", actor=sam, now=now)

    assert [one["name"] for one in as_ana.get("macros").json()["results"]] == ["Refund"]
    answers = [
        as_ana.post(f"conversations/{talk.id}/macro", {"macro": macro.pk, "client_id": "one"}) for _number in range(2)
    ]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json()["tags"] == ["refund"]
    assert Message.objects.filter(conversation=talk, author=ana, kind="message").count() == 1

    refused = as_ana.post(f"conversations/{talk.id}/macro", {"macro": theirs.pk})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_such_macro")
