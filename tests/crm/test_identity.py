"""Who is this? The same person is found again by any known identity; two persons are never merged silently."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from crm.models import Customer, Identity, MergeSuggestion
from crm.normalise import normalise
from crm.services.identity import Resolution, resolve
from cxos.core.models import Event


def said(found: Resolution) -> list[str]:
    return [str(one) for one in found.evidence]


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("email", "  Kim@Example.COM ", "kim@example.com"),
        ("email", "kim@exämple.de", "kim@xn--exmple-cua.de"),
        ("email", "kim", ""),
        ("email", "@example.com", ""),
        ("email", "a b@example.com", ""),
        ("phone", "+1 (415) 555-2671", "+14155552671"),
        ("phone", "0049 30 901820", "+4930901820"),
        ("phone", "030 901820", ""),
        ("phone", "call me", ""),
        ("handle", "@KimB", "kimb"),
        ("external_id", " A-17 ", "A-17"),
        ("device", "x" * 300, ""),
        ("external_id", "a\0b", ""),
    ],
)
def test_identities_are_compared_in_one_form(kind, given, expected):
    assert normalise(kind, given) == expected


@pytest.mark.django_db
def test_a_stranger_becomes_a_customer(now):
    found = resolve([("email", "Kim@Example.com")], attributes={"name": "Kim", "plan": "gold"}, now=now)

    assert found.created
    assert said(found) == ["Nobody had the e-mail address Kim@Example.com, so this is a new customer."]
    assert found.customer.name == "Kim"
    assert found.customer.attributes == {"plan": "gold"}
    assert Identity.objects.get().value == "kim@example.com"
    assert Event.objects.get().name == "CustomerCreated"


@pytest.mark.django_db
def test_a_known_customer_is_found_and_learns_a_new_identity(kim, now):
    found = resolve([("phone", "+14155552671"), ("email", "KIM@example.com")], now=now)

    assert (found.customer, found.created) == (kim, False)
    assert said(found) == ["Recognised by the e-mail address KIM@example.com, as the sender claims."]
    assert set(kim.identities.values_list("kind", flat=True)) == {"email", "phone"}


@pytest.mark.django_db
def test_what_we_know_is_not_overwritten_by_a_message(kim, now):
    resolve([("email", "kim@example.com")], attributes={"name": "Hacker", "language": "de"}, now=now)

    kim.refresh_from_db()
    assert (kim.name, kim.language) == ("Kim", "de")


@pytest.mark.django_db
def test_identities_of_two_customers_suggest_a_merge_once_and_merge_nothing(kim, max, now):
    both = [("email", "max@example.com"), ("email", "kim@example.com")]

    first = resolve(both, now=now)
    second = resolve(both, now=now)

    assert first.suggestion is not None
    assert second.suggestion is None
    suggestion = MergeSuggestion.objects.get()
    assert (suggestion.first, suggestion.second) == (kim, max)
    assert any("email kim@example.com" in line for line in suggestion.because)
    assert Customer.objects.filter(merged_into=None).count() == 2
    assert list(Event.objects.values_list("name", flat=True)) == ["MergeSuggested"]


@pytest.mark.django_db
def test_the_stronger_identity_says_whose_message_it_is(kim, max, now):
    Identity.objects.create(customer=max, kind="external_id", value="M-1")

    found = resolve([("email", "kim@example.com"), ("external_id", "M-1")], verified=True, now=now)

    assert (found.customer, found.by, found.verified) == (max, "external_id", True)
    assert said(found) == [
        "Recognised by the external id M-1, which is verified.",
        f"The e-mail address kim@example.com is that of #{kim.pk}, but counts for less.",
    ]


@pytest.mark.django_db
def test_a_merged_customer_leads_to_the_survivor(kim, max, now):
    Customer.objects.filter(id=kim.id).update(merged_into=max)

    found = resolve([("email", "kim@example.com"), ("email", "max@example.com")], now=now)

    assert found.customer == max
    assert said(found) == [
        "Recognised by the e-mail address kim@example.com, as the sender claims.",
        f"It was that of #{kim.pk}, who has been merged into this customer.",
    ]


@pytest.mark.django_db
def test_nobody_in_particular_is_a_new_customer_each_time(now):
    first, second = resolve([], now=now), resolve([("email", "no mail")], verified=True, now=now)

    assert first.customer != second.customer
    assert (first.by, second.by, second.verified) == ("", "", False)
    assert said(second) == ["It came without anything to recognise somebody by, so this is a new customer."]


@pytest.mark.django_db
def test_a_long_identity_is_cut_in_the_evidence(now):
    found = resolve([("external_id", "x" * 254)], now=now)

    assert said(found) == [f"Nobody had the external id {'x' * 80}, so this is a new customer."]


@pytest.mark.django_db(transaction=True)
def test_the_same_stranger_twenty_times_at_once_is_one_customer(now):
    start, found, problems = threading.Barrier(20), [], []

    def go() -> None:
        try:
            start.wait(10)
            found.append(resolve([("email", "new@example.com"), ("phone", "+14155552671")], now=now).customer.id)
        except Exception as problem:  # noqa: BLE001
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert problems == []
    assert len(found) == 20
    assert len(set(found)) == 1
    assert Customer.objects.count() == 1
    assert Identity.objects.count() == 2
