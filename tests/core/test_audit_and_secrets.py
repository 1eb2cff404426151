"""The audit cannot be changed unseen; secrets are ciphertext in the database; API keys are only hashes."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from channels_app.models import Channel
from cxos.core.errors import Invalid
from cxos.core.models import ApiKey, AuditEntry
from cxos.core.services import api_keys, audit

pytestmark = pytest.mark.django_db


def raw(sql: str, *args: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, args)
        return cursor.fetchall() if cursor.description else []


def test_an_audit_entry_cannot_be_changed_or_removed(adi, team):
    entry = audit.record(adi, "renamed", team, before={"name": "A"}, after={"name": "Care"})

    for sql in ("UPDATE core_auditentry SET verb = 'x' WHERE id = %s", "DELETE FROM core_auditentry WHERE id = %s"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            raw(sql, entry.id)

    assert AuditEntry.objects.get().verb == "renamed"


@pytest.mark.parametrize("sql", ["TRUNCATE core_auditentry", "TRUNCATE core_auditentry RESTART IDENTITY CASCADE"])
def test_the_audit_cannot_be_emptied(sql, adi, team):
    audit.record(adi, "renamed", team)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        raw(sql)

    assert AuditEntry.objects.count() == 1


def test_one_flipped_byte_is_found(adi, team):
    for number in range(4):
        audit.record(adi, "renamed", team, after={"number": number})
    assert audit.first_broken() is None

    second = AuditEntry.objects.order_by("id")[1]
    raw("ALTER TABLE core_auditentry DISABLE TRIGGER append_only")
    raw("UPDATE core_auditentry SET after = '{\"number\": 9}' WHERE id = %s", second.id)

    assert audit.first_broken() == second.id


def test_a_removed_entry_is_found(adi, team):
    for number in range(3):
        audit.record(adi, "renamed", team, after={"number": number})
    _first, second, third = AuditEntry.objects.order_by("id")
    raw("ALTER TABLE core_auditentry DISABLE TRIGGER append_only")
    raw("DELETE FROM core_auditentry WHERE id = %s", second.id)

    assert audit.first_broken() == third.id


def verify(**options: str) -> str:
    said = StringIO()
    call_command("verify_audit", stdout=said, **options)
    return said.getvalue().strip()


def test_the_head_that_was_noted_is_found_in_an_audit_that_has_grown(adi, team):
    assert verify() == f"The audit is whole: 0 entries. Its head: 0:{audit.GENESIS}"
    heads = [verify().split()[-1]]
    for number in range(3):
        last = audit.record(adi, "renamed", team, after={"number": number})
        heads.append(verify().split()[-1])

    assert heads[-1] == f"3:{last.hash}"
    for noted in heads:
        assert verify(noted=noted) == f"The audit is whole: 3 entries. Its head: {heads[-1]}"
    for noted in ("3", f"3:{'x' * 64}", ""):
        with pytest.raises(CommandError, match="COUNT:HASH"):
            verify(noted=noted)


def test_missing_last_entries_are_found_by_the_head_that_was_noted(adi, team):
    for number in range(3):
        audit.record(adi, "renamed", team, after={"number": number})
    noted = verify().split()[-1]
    raw("ALTER TABLE core_auditentry DISABLE TRIGGER append_only")
    raw("DELETE FROM core_auditentry WHERE id > %s", AuditEntry.objects.earliest("id").id)

    assert audit.first_broken() is None, "what is left is a whole chain"
    with pytest.raises(CommandError, match="1 entries, where 3 were noted"):
        verify(noted=noted)

    for number in range(4):
        audit.record(adi, "renamed", team, after={"number": -number})
    with pytest.raises(CommandError, match="3 first entries were written anew"):
        verify(noted=noted)


def test_secrets_are_ciphertext_in_the_database_and_survive_a_new_key(settings):
    channel = Channel.objects.create(
        key="k", name="K", kind="api", medium="chat", secrets={"signing_secrets": ["swordfish"]}
    )
    before = bytes(raw("SELECT secrets FROM channels_app_channel WHERE id = %s", channel.id)[0][0])
    assert b"swordfish" not in before

    old = settings.FIELD_KEYS
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *old]
    call_command("rotate_field_keys")
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]

    assert Channel.objects.get(id=channel.id).secrets == {"signing_secrets": ["swordfish"]}
    settings.FIELD_KEYS = old
    with pytest.raises(ImproperlyConfigured, match="rotate_field_keys"):
        Channel.objects.get(id=channel.id)


def test_an_api_key_is_kept_as_a_hash_and_found_by_its_secret(adi):
    key, secret = api_keys.make_key(name="shop", user=adi, scopes=["ingest"], expires_at=None, actor=adi)

    stored = ApiKey.objects.get()
    assert secret not in (stored.digest, stored.prefix)
    assert api_keys.find_key(secret, now=timezone.now()) == key
    assert AuditEntry.objects.get().verb == "made"


@pytest.mark.parametrize("guess", ["", "cx_", "cx_00000000_x", "Bearer", "cx_" + "a" * 300, "cx_\u00e9"])
def test_other_texts_find_no_key(adi, guess):
    api_keys.make_key(name="shop", user=adi, scopes=["ingest"], expires_at=None, actor=adi)

    assert api_keys.find_key(guess, now=timezone.now()) is None


def test_an_expired_revoked_or_orphaned_key_is_refused(adi):
    now = timezone.now()
    _expired, one = api_keys.make_key(
        name="a", user=adi, scopes=["read"], expires_at=now + timedelta(hours=1), actor=adi
    )
    revoked, two = api_keys.make_key(name="b", user=adi, scopes=["read"], expires_at=None, actor=adi)
    assert api_keys.find_key(one, now=now) and api_keys.find_key(two, now=now)

    api_keys.revoke_key(revoked, actor=adi, now=now)
    api_keys._found.clear()

    assert api_keys.find_key(one, now=now + timedelta(hours=2)) is None
    assert api_keys.find_key(two, now=now) is None
    adi.is_active = False
    adi.save()
    api_keys._found.clear()
    assert api_keys.find_key(one, now=now) is None


def test_a_key_without_a_known_scope_is_refused(adi):
    with pytest.raises(Invalid):
        api_keys.make_key(name="a", user=adi, scopes=["everything"], expires_at=None, actor=adi)

    assert ApiKey.objects.count() == 0
