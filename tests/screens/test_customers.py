"""The customer pages: finding, reading, writing, and deciding whether two are one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cases.models import Case
from channels_app.models import Channel, Conversation, Interaction, Message
from channels_app.services.threads import attach
from crm.models import Customer, Identity, MergeSuggestion
from crm.queries import family_of, find_customers
from crm.services.identity import resolve
from cxos.core.models import AuditEntry, Event, Team, User
from cxos.core.relay import drain_outbox
from tests.screens.markup import Reader

MOST_QUERIES = 12


@pytest.fixture
def as_ana(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def pair(kim: Customer, max: Customer) -> MergeSuggestion:
    return MergeSuggestion.objects.create(first=kim, second=max, evidence=["One message carried both."])


def names(words: str, user: User) -> set[str]:
    return {customer.name for customer in find_customers(user, words)}


def wrote(channel: Channel, customer: Customer, number: int) -> Conversation:
    """A conversation this customer began, by the ordinary way in."""
    received = Interaction.objects.create(
        channel=channel, external_id=f"m{number}", thread_key=f"t{number}", payload={"text": "Hello"},
        occurred_at=timezone.now(),
    )  # fmt: skip
    with transaction.atomic():
        return attach(received, customer, now=timezone.now()).conversation


# --- Finding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["kim", "Kim", "KIM@example.com", " kim@example.com ", "+49 151 1234567", "0049-151-1234567", "1511234567", "C-77"],
)
def test_a_customer_is_found_by_what_one_has_in_hand(ana: User, kim: Customer, max: Customer, words: str) -> None:
    Identity.objects.create(customer=kim, kind="phone", value="+491511234567")
    Identity.objects.create(customer=kim, kind="external_id", value="C-77")

    assert names(words, ana) == {"Kim"}


def test_the_list_shows_an_address_once(as_ana: Client, kim: Customer) -> None:
    Identity.objects.create(customer=kim, kind="external", value="kim@example.com")
    Identity.objects.create(customer=kim, kind="phone", value="+491511234567")
    page = as_ana.get("/customers/").content.decode()
    assert page.count("kim@example.com") == 1
    assert page.count("+491511234567") == 1


@pytest.mark.parametrize("words", ["nobody", "%", "_", "'; DROP TABLE", "🙂", "x" * 500])
def test_words_that_fit_nobody_find_nobody(ana: User, kim: Customer, words: str) -> None:
    assert names(words, ana) == set()


def test_a_merged_customer_is_found_as_the_one_who_stays(
    as_ana: Client, ana: User, kim: Customer, max: Customer
) -> None:
    max.merged_into = kim
    max.save()

    assert names("", ana) == {"Kim"}
    assert as_ana.get(f"/customers/{max.pk}/")["Location"] == f"/customers/{kim.pk}/"


def test_the_list_steps_through_everybody_once(as_ana: Client, now: datetime) -> None:
    for number in range(120):
        seen = now - timedelta(minutes=number // 3) if number % 4 else None
        Customer.objects.create(name=f"Customer {number}", last_seen_at=seen)

    met: list[str] = []
    path: str | None = "/customers/"
    while path:
        page = Reader(as_ana.get(path).content.decode())
        met += [one["id"] for tag, one in page.elements if tag == "tr" and one.get("id", "").startswith("customer-")]
        after = [one["href"] for tag, one in page.elements if tag == "a" and "after=" in one.get("href", "")]
        path = f"/customers/{after[0]}" if after else None

    assert len(met) == len(set(met)) == 120


@pytest.mark.parametrize(
    "query", ["?after=x", "?after=|", "?after=2026-01-01|5", "?after=|" + "9" * 40, "?words=%00&vip=1&tag=a"]
)
def test_a_strange_address_is_no_error(as_ana: Client, query: str) -> None:
    assert as_ana.get(f"/customers/{query}").status_code == 200


# --- Reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/customers/", "/customers/suggestions/", "/customers/{pk}/", "/customers/{pk}/edit/"]
)
def test_a_page_is_for_staff_whole_and_of_a_fixed_cost(
    client: Client,
    ana: User,
    kim: Customer,
    webchat: Channel,
    path: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    path = path.format(pk=kim.pk)
    assert client.get(path).status_code == 302
    for number in range(15):
        found = Conversation.objects.create(customer=kim, channel=webchat, thread_key=f"t{number}")
        Message.objects.create(conversation=found, author_kind="customer", text="Hi", state="received")
        Case.objects.create(reference=f"C-{number}", subject="S", customer=kim)
        other = Customer.objects.create(name=f"Other {number}")
        MergeSuggestion.objects.create(first=kim, second=other)
    client.force_login(ana)

    with django_assert_max_num_queries(MOST_QUERIES):
        answer = client.get(path)

    assert answer.status_code == 200
    assert Reader(answer.content.decode()).errors == []


def test_the_timeline_shows_everything_once_newest_first(
    as_ana: Client, kim: Customer, webchat: Channel, now: datetime
) -> None:
    for number in range(45):
        at = now - timedelta(hours=number // 2)
        if number % 3:
            Conversation.objects.create(customer=kim, channel=webchat, thread_key=f"t{number}", last_message_at=at)
        else:
            Case.objects.create(reference=f"C-{number}", subject="S", customer=kim, opened_at=at)

    met: list[str] = []
    path: str | None = f"/customers/{kim.pk}/"
    while path:
        page = Reader(as_ana.get(path).content.decode())
        met += [
            one["id"] for tag, one in page.elements if tag == "li" and one.get("id", "").startswith(("conv", "case-"))
        ]
        more = [one["href"] for tag, one in page.elements if tag == "a" and "before=" in one.get("href", "")]
        path = more[0] if more else None

    assert len(met) == len(set(met)) == 45


def test_an_agent_does_not_see_what_other_teams_talked_about(as_ana: Client, kim: Customer, webchat: Channel) -> None:
    theirs = Team.objects.create(name="Legal")
    Conversation.objects.create(customer=kim, channel=webchat, thread_key="t", team=theirs, last_message_text="secret")

    assert "secret" not in as_ana.get(f"/customers/{kim.pk}/").content.decode()


def test_hostile_text_stays_text(as_ana: Client, kim: Customer) -> None:
    evil = '"><script>alert(1)</script>\u202e' + "x" * 100
    kim.name, kim.tags, kim.notes, kim.attributes = evil, ["<b>"], evil, {evil[:50]: evil}
    kim.save()

    for path in ("/customers/", f"/customers/{kim.pk}/", f"/customers/{kim.pk}/edit/"):
        page = as_ana.get(path).content.decode()
        assert "<script>alert" not in page
        assert '<b>"' not in page


# --- Writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "given", "field", "value"),
    [
        (
            "edit/save",
            {"name": " Kim Lee ", "language": "de", "time_zone": "Europe/Berlin", "vip": "on"},
            "name",
            "Kim Lee",
        ),
        ("notes", {"notes": "Likes to be called."}, "notes", "Likes to be called."),
        ("tags", {"tag": "Big Deal"}, "tags", ["big-deal"]),
        ("attributes", {"name": "plan", "value": "Fibre"}, "attributes", {"plan": "Fibre"}),
    ],
)
def test_what_is_written_is_saved_told_and_audited(
    as_ana: Client, ana: User, kim: Customer, verb: str, given: dict[str, str], field: str, value: Any
) -> None:
    assert as_ana.post(f"/customers/{kim.pk}/{verb}/", given).status_code == 200

    kim.refresh_from_db()
    assert getattr(kim, field) == value
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.after[field]) == (f"user:{ana.pk}", value)
    assert Event.objects.filter(name="CustomerChanged", key=f"customer:{kim.pk}").count() == 1


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        ("edit/save", {"name": "x" * 161}), ("edit/save", {"time_zone": "Middle/Earth"}), ("edit/save", {"name": "a\0b"}),
        ("notes", {"notes": "x" * 20_001}), ("tags", {"tag": ""}), ("tags", {"tag": "a,b"}), ("tags", {"tag": "x" * 41}),
        ("attributes", {"name": "", "value": "x"}), ("attributes", {"name": "x", "value": "y" * 501}),
        ("identities", {"kind": "email", "value": "nothing"}), ("identities", {"kind": "shoe", "value": "42"}),
        ("identities", {"kind": "email", "value": "kim@example.com"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_a_sentence_and_changes_nothing(
    as_ana: Client, kim: Customer, verb: str, given: dict[str, str]
) -> None:
    before = {name: value for name, value in vars(kim).items() if name != "_state"}

    answer = as_ana.post(f"/customers/{kim.pk}/{verb}/", given)

    assert answer.status_code in {409, 422}
    assert '"tone": "error"' in answer["HX-Trigger"]
    kim.refresh_from_db()
    assert {name: value for name, value in vars(kim).items() if name in before} == before
    assert (AuditEntry.objects.count(), kim.identities.count()) == (0, 1)


def test_tags_attributes_and_identities_go_again(as_ana: Client, kim: Customer) -> None:
    kim.tags, kim.attributes = ["gold"], {"plan": "Fibre"}
    kim.save()
    identity = kim.identities.get()

    as_ana.post(f"/customers/{kim.pk}/tags/", {"remove": "gold"})
    as_ana.post(f"/customers/{kim.pk}/attributes/", {"name": "plan", "remove": "1"})
    as_ana.post(f"/customers/{kim.pk}/identities/{identity.pk}/remove/")

    kim.refresh_from_db()
    assert (kim.tags, kim.attributes, kim.identities.count()) == ([], {}, 0)
    assert AuditEntry.objects.count() == 3


def test_an_identity_somebody_else_has_suggests_a_merge(as_ana: Client, kim: Customer, max: Customer) -> None:
    answer = as_ana.post(f"/customers/{kim.pk}/identities/", {"kind": "email", "value": "MAX@example.com"})

    assert answer.status_code == 409
    assert "Max has it" in answer["HX-Trigger"]
    assert MergeSuggestion.objects.filter(state="open").count() == 1
    assert max.identities.count() == 1


# --- One person or two ------------------------------------------------------------------------------------------------


def test_an_agent_reads_a_suggestion_and_decides_nothing(as_ana: Client, pair: MergeSuggestion, kim: Customer) -> None:
    assert "A supervisor decides" in as_ana.get(f"/customers/suggestions/{pair.pk}/").content.decode()
    for verb in ("merge", "dismiss", "undo", "again"):
        answer = as_ana.post(f"/customers/suggestions/{pair.pk}/{verb}/", {"keep": kim.pk})
        assert answer.status_code == 403
    pair.refresh_from_db()
    assert pair.state == "open"


@pytest.mark.django_db(transaction=True)
def test_a_merge_moves_everything_and_can_be_taken_back(
    client: Client, sam: User, webchat: Channel, pair: MergeSuggestion, kim: Customer, max: Customer
) -> None:
    client.force_login(sam)
    kims, maxs = wrote(webchat, kim, 1), wrote(webchat, max, 2)
    kim.tags, max.tags, max.vip, max.notes = ["a"], ["b"], True, "Careful."
    kim.save()
    max.save()

    answer = client.post(f"/customers/suggestions/{pair.pk}/merge/", {"keep": kim.pk})
    drain_outbox()

    assert answer["HX-Redirect"] == f"/customers/{kim.pk}/"
    kim.refresh_from_db()
    assert (kim.tags, kim.vip, kim.notes, kim.identities.count()) == (["a", "b"], True, "Careful.", 2)
    assert set(Conversation.objects.filter(customer=kim)) == {kims, maxs}
    assert family_of(kim.pk) == [kim.pk, max.pk]
    again = resolve([("email", "max@example.com")], now=timezone.now())
    assert (again.customer.pk, again.created) == (kim.pk, False)

    Customer.objects.filter(pk=kim.pk).update(notes="Careful. And kind.")
    client.post(f"/customers/suggestions/{pair.pk}/undo/")
    drain_outbox()

    kim.refresh_from_db()
    max.refresh_from_db()
    assert (kim.tags, kim.vip, kim.notes) == (["a"], False, "Careful. And kind.")
    assert (max.merged_into, max.identities.get().value) == (None, "max@example.com")
    assert list(Conversation.objects.filter(customer=kim)) == [kims]
    assert list(Conversation.objects.filter(customer=max)) == [maxs]


@pytest.mark.parametrize("keep", ["", "x", "0", "99999999999999999999"])
def test_a_merge_into_somebody_else_is_refused(client: Client, sam: User, pair: MergeSuggestion, keep: str) -> None:
    client.force_login(sam)

    assert client.post(f"/customers/suggestions/{pair.pk}/merge/", {"keep": keep}).status_code == 422
    pair.refresh_from_db()
    assert pair.state == "open"
    assert Customer.objects.filter(merged_into=None).count() == 2


def test_a_second_merge_of_the_same_pair_is_told_so(
    client: Client, sam: User, pair: MergeSuggestion, kim: Customer
) -> None:
    client.force_login(sam)
    client.post(f"/customers/suggestions/{pair.pk}/merge/", {"keep": kim.pk})

    assert client.post(f"/customers/suggestions/{pair.pk}/merge/", {"keep": kim.pk}).status_code == 409
    assert AuditEntry.objects.filter(verb="merged into").count() == 1


def test_two_people_stay_two_until_somebody_asks_again(client: Client, sam: User, pair: MergeSuggestion) -> None:
    client.force_login(sam)

    client.post(f"/customers/suggestions/{pair.pk}/dismiss/")
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == ("dismissed", f"user:{sam.pk}")
    client.post(f"/customers/suggestions/{pair.pk}/again/")
    pair.refresh_from_db()
    assert pair.state == "open"
    assert [entry.verb for entry in AuditEntry.objects.order_by("id")] == ["dismissed", "suggested again"]


def test_a_record_is_exported_with_what_this_person_may_see_and_the_audit_tells(
    as_ana: Client, kim: Customer, webchat: Channel
) -> None:
    seen = Conversation.objects.create(customer=kim, channel=webchat, thread_key="seen")
    Conversation.objects.create(
        customer=kim, channel=webchat, thread_key="foreign", team=Team.objects.create(name="Elsewhere")
    )
    Message.objects.create(conversation=seen, author_kind="customer", text="Hello", state="received")

    answer = as_ana.post(f"/customers/{kim.pk}/export/")

    assert answer["Content-Disposition"] == f'attachment; filename="customer-{kim.pk}.json"'
    body = answer.json()
    assert [one["value"] for one in body["identities"]] == ["kim@example.com"]
    assert [[line["text"] for line in one["messages"]] for one in body["conversations"]] == [["Hello"]]
    assert AuditEntry.objects.latest("id").verb == "exported"


# --- Preferences and consent ------------------------------------------------------------------------------------------


def test_preferences_are_set_and_taken_back(as_ana: Client, kim: Customer, ana: User) -> None:
    given = {
        "preferred_way": "voice", "language": "de", "time_zone": "Europe/Berlin", "day": ["0", "4"], "from": "09:00", "until": "17:00",
    }  # fmt: skip
    answer = as_ana.post(f"/customers/{kim.pk}/preferences/", given)
    kim.refresh_from_db()
    assert (kim.preferred_way, kim.language) == ("voice", "de")
    assert kim.contact_times == {"days": [0, 4], "from": "09:00", "until": "17:00"}
    undo = json.loads(answer["HX-Trigger"])["toast"]["undo"]
    other = Client()
    other.force_login(User.objects.create_user("eve@example.com", "correct horse battery", name="Eve", role="agent"))
    assert other.post(undo).status_code == 404

    assert as_ana.post(undo).status_code == 200

    kim.refresh_from_db()
    assert (kim.preferred_way, kim.language, kim.contact_times) == ("", "", {})
    assert AuditEntry.objects.latest("pk").undoes == int(undo.split("/")[-3])
    assert as_ana.post(undo).status_code == 409
    assert as_ana.post(f"/customers/{kim.pk}/preferences/", given | {"until": "08:00"}).status_code == 422


def test_consent_is_entered_and_taken_back_where_the_customer_stands(as_ana: Client, kim: Customer) -> None:
    given = {"purpose": "service", "way": "email", "state": "withdrawn", "wording": "No mails, please"}
    answer = as_ana.post(f"/customers/{kim.pk}/consents/", given)
    page = answer.content.decode()
    assert all(said in page for said in ("Service · E-mail", "Withdrawn", "No mails, please"))
    assert as_ana.post(f"/customers/{kim.pk}/consents/", given).status_code == 409

    assert as_ana.post(json.loads(answer["HX-Trigger"])["toast"]["undo"]).status_code == 200
    kim.refresh_from_db()
    assert kim.refused == []
