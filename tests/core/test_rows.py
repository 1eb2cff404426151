"""Rows written by a statement that was made once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict
from django.utils import timezone

from crm.models import Customer, Identity
from cxos.core.models import Event
from cxos.core.rows import insert

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def test_a_row_is_stored_as_save_stores_it(django_assert_num_queries: Any) -> None:
    given = {"name": "Kim", "tags": ["a", "b, c"], "attributes": {"%": ["'"]}, "vip": True, "created_at": NOW}
    saved = Customer.objects.create(**given)
    inserted = Customer(**given)

    with django_assert_num_queries(1):
        insert(inserted)

    stored = Customer.objects.get(pk=inserted.pk)
    assert model_to_dict(stored, exclude=["id"]) == model_to_dict(Customer.objects.get(pk=saved.pk), exclude=["id"])
    assert stored.created_at == NOW
    inserted.name = "Kim Berg"
    inserted.save()
    assert Customer.objects.count() == 2


def test_a_row_that_is_there_is_refused() -> None:
    customer = Customer.objects.create()
    one = {"customer": customer, "kind": "email", "value": "kim@example.com", "shown": "kim@example.com"}
    insert(Identity(**one, created_at=NOW))

    with pytest.raises(IntegrityError), transaction.atomic():
        insert(Identity(**one, created_at=NOW))

    assert Identity.objects.count() == 1


def test_what_the_database_is_to_choose_it_chooses() -> None:
    event = Event(name="Chosen", key="k:1", payload={})

    insert(event)

    event.refresh_from_db()
    assert event.depth == 0
    assert event.at is not None
    assert event.txid > 0
