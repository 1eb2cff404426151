"""Telling browsers: a real push service on this machine, which reads what it gets with the browser's own key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import connection
from django.test import Client

from cxos.core import outbound
from cxos.core.errors import Conflict, DomainError
from cxos.core.models import Delivery, Notification, PushIdentity, PushSubscription, User
from cxos.core.services import push
from cxos.core.services.notifications import choose, mark_read, notify
from cxos.core.web_push import decoded, encoded, new_private_key, public_key
from tests.channels_app.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
SECRET = b"sixteen bytes !!"
BROWSER = new_private_key()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("CXOS_ALLOWED_PRIVATE_HOSTS", "127.0.0.1")
    with receiving() as receiver:
        receiver.statuses = [201]
        yield receiver


def subscribe(user: User, url: str, now: datetime) -> PushSubscription:
    keys = {"p256dh": public_key(BROWSER), "auth": encoded(SECRET)}
    return push.subscribe(user, endpoint=url, **keys, browser="Firefox, Linux", now=now)


def told(user: User, now: datetime, *, text: str = "Where is it?") -> Notification:
    notify(
        [user.pk],
        kind="mentioned",
        about="conversation:5",
        details={"by": "Sam", "customer": "Kim", "text": text},
        now=now,
    )
    return Notification.objects.latest("id")


def read(body: bytes) -> dict[str, str]:
    """What the browser makes of it: RFC 8291 from the other side."""
    salt, point, sealed = body[:16], body[21:86], body[86:]
    private = ec.derive_private_key(int.from_bytes(decoded(BROWSER), "big"), ec.SECP256R1())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)

    def derive(start: bytes, material: bytes, about: bytes, length: int) -> bytes:
        return HKDF(algorithm=hashes.SHA256(), length=length, salt=start, info=about).derive(material)

    about = b"WebPush: info\0" + decoded(public_key(BROWSER)) + point
    material = derive(SECRET, private.exchange(ec.ECDH(), theirs), about, 32)
    key = derive(salt, material, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derive(salt, material, b"Content-Encoding: nonce\0", 12)
    padded = AESGCM(key).decrypt(nonce, sealed, None)
    assert padded[-1] == 2
    shown: dict[str, str] = json.loads(padded[:-1])
    return shown


def test_only_who_has_a_browser_that_listens_is_owed_a_push(
    service: Receiver, ana: User, sam: User, now: datetime
) -> None:
    subscribe(ana, service.url, now)
    told(sam, now)
    assert list(Delivery.objects.all()) == []

    told(ana, now)

    assert list(Delivery.objects.values_list("handler", "key")) == [
        ("cxos.core.handlers.push_to_browsers", f"user:{ana.pk}")
    ]


def test_a_browser_reads_what_its_owner_is_told(service: Receiver, ana: User, now: datetime) -> None:
    subscribe(ana, service.url, now)
    notice = told(ana, now)

    assert push.push(notice.pk, now=now) == 1

    (got,) = service.got
    assert read(got.raw) == {
        "title": "Sam mentioned you at Kim", "body": "Where is it?", "url": f"/notifications/{notice.pk}/",
        "tag": "mentioned:conversation:5", "lang": "en",
    }  # fmt: skip
    assert got.headers["content-encoding"] == "aes128gcm"
    assert got.headers["ttl"] == "3600"
    assert got.headers["authorization"].endswith(f"k={PushIdentity.objects.get().public}")


def test_the_words_are_in_the_persons_language(service: Receiver, ana: User, now: datetime) -> None:
    ana.preferences = {"language": "ar"}
    ana.save(update_fields=["preferences"])
    subscribe(ana, service.url, now)

    push.push(told(ana, now).pk, now=now)

    assert read(service.got[0].raw)["lang"] == "ar"


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(service: Receiver, ana: User, now: datetime, status: int) -> None:
    subscribe(ana, service.url, now)
    service.statuses = [status]

    assert push.push(told(ana, now).pk, now=now) == 0
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_push_service_that_cannot_just_now_is_asked_again(
    service: Receiver, ana: User, now: datetime, status: int
) -> None:
    subscribe(ana, service.url, now)
    service.statuses = [status]

    with pytest.raises(push.NotTaken):
        push.push(told(ana, now).pk, now=now)
    assert PushSubscription.objects.count() == 1


@pytest.mark.parametrize("status", [400, 403, 413, 301])
def test_a_refusal_is_final_and_no_redirect_is_followed(
    service: Receiver, ana: User, now: datetime, status: int
) -> None:
    subscribe(ana, service.url, now)
    service.statuses = [status]

    assert push.push(told(ana, now).pk, now=now) == 0
    assert (len(service.got), PushSubscription.objects.count()) == (1, 1)


def test_nobody_is_pushed_what_was_read_or_is_not_wanted(service: Receiver, ana: User, now: datetime) -> None:
    subscribe(ana, service.url, now)
    notice = told(ana, now)
    mark_read(ana, now=now)
    push.push(notice.pk, now=now)
    choose(ana, chosen={"mentioned": ["app"]})
    push.push(told(ana, now).pk, now=now)

    assert service.got == []


@pytest.mark.parametrize(
    "url",
    [
        "http://push.example/x",
        "https://127.0.0.1/x",
        "https://169.254.169.254/x",
        "https://localhost/",
        "ftp://a/",
        "x",
    ],
)
def test_a_push_service_inside_our_network_is_refused(ana: User, now: datetime, url: str) -> None:
    with pytest.raises(DomainError):
        subscribe(ana, url, now)
    assert not PushSubscription.objects.exists()


def test_a_browser_belongs_to_who_used_it_last_and_keys_are_sealed(
    service: Receiver, ana: User, sam: User, now: datetime
) -> None:
    subscribe(ana, service.url, now)
    subscribe(sam, service.url, now)

    assert PushSubscription.objects.get().user == sam
    with connection.cursor() as cursor:
        cursor.execute("SELECT keys FROM core_pushsubscription")
        assert encoded(SECRET).encode() not in bytes(cursor.fetchone()[0])
    assert push.unsubscribe(ana, endpoint=service.url) is False
    assert push.unsubscribe(sam, endpoint=service.url) is True


def test_ten_browsers_are_enough(service: Receiver, ana: User, now: datetime) -> None:
    for number in range(10):
        subscribe(ana, f"{service.url}/{number}", now)
    with pytest.raises(Conflict):
        subscribe(ana, f"{service.url}/10", now)
    assert PushSubscription.objects.count() == 10


def test_a_page_signs_its_browser_on_and_off(client: Client, service: Receiver, ana: User) -> None:
    client.force_login(ana)
    key = client.post("/notifications/browsers/key/").content.decode()
    given = {"endpoint": service.url, "p256dh": public_key(BROWSER), "auth": encoded(SECRET)}

    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert client.post("/notifications/browsers/add/", given, headers={"user-agent": agent}).status_code == 204

    assert PushIdentity.objects.get().public == key
    assert PushSubscription.objects.get().browser == "Firefox, Linux"
    assert client.post("/notifications/browsers/add/", given | {"auth": "x"}).status_code == 422
    assert client.post("/notifications/browsers/remove/", {"endpoint": service.url}).status_code == 204
    assert not PushSubscription.objects.exists()
    worker = client.get("/notifications/worker.js")
    assert (worker["Content-Type"], worker["Cache-Control"]) == ("text/javascript; charset=utf-8", "no-cache")
    assert outbound.allowed_private_hosts() == {"127.0.0.1"}
