"""Who a visitor is: tokens, signed identities, and what happens when one becomes the other."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt
import orjson
import pytest

from channels_app.models import Channel, Conversation, Interaction, Message
from channels_app.webchat.chats import look
from channels_app.webchat.sessions import open_session
from channels_app.webchat.visitors import NotRecognised, Visitor, make_token, new_visitor, read_token
from crm.models import Customer, Identity
from cxos.core.models import Event

pytestmark = pytest.mark.django_db
Line = Callable[..., Message]
Sign = Callable[..., str]


def texts(visitor: Visitor, now: datetime) -> list[str]:
    return [one["text"] for one in look(visitor, now=now).messages]


# --- Tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_brings_its_visitor_back(webchat: Channel, visitor: Visitor, now: datetime) -> None:
    token = make_token(visitor, now=now)

    assert read_token(token, channel=webchat, now=now) == visitor
    assert open_session(webchat, token=token, identity=None, now=now).visitor == visitor


def test_every_session_renews_the_token_for_a_year(webchat: Channel, visitor: Visitor, now: datetime) -> None:
    first = make_token(visitor, now=now)
    later = now + timedelta(days=300)

    second = open_session(webchat, token=first, identity=None, now=later).token

    with pytest.raises(NotRecognised):
        read_token(first, channel=webchat, now=now + timedelta(days=365))
    assert read_token(second, channel=webchat, now=now + timedelta(days=600)) == visitor


def test_a_token_is_good_for_its_own_channel_only(webchat: Channel, visitor: Visitor, now: datetime) -> None:
    other = Channel.objects.create(key="other", name="Other", kind="webchat", medium="chat")

    with pytest.raises(NotRecognised):
        read_token(make_token(visitor, now=now), channel=other, now=now)


def test_a_changed_token_is_no_token(webchat: Channel, visitor: Visitor, now: datetime) -> None:
    token = make_token(visitor, now=now)
    body, _, signature = token.rpartition(":")
    forged_body = urlsafe_b64encode(orjson.dumps({"v": "someone", "until": 9999999999})).decode().rstrip("=")

    changed = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        f"{forged_body}:{signature}",
        f"{body}:",
        body,
        token * 50,
    ]

    for forged in [*changed, "", "x", "a:b:c", None, 5, [token], {"token": token}, "\0", "ü" * 50]:
        with pytest.raises(NotRecognised):
            read_token(forged, channel=webchat, now=now)


def test_who_comes_with_a_bad_token_starts_over(webchat: Channel, visitor: Visitor, now: datetime) -> None:
    session = open_session(webchat, token="forged", identity=None, now=now)

    assert session.visitor.id != visitor.id
    assert session.visitor.subject == ""


def test_visitors_cannot_be_guessed(webchat: Channel) -> None:
    ids = {new_visitor(webchat).id for _ in range(50)}

    assert len(ids) == 50
    assert {len(id) for id in ids} == {22}  # 128 bits in base64


# --- Signed identities -------------------------------------------------------------------------------------------------


def test_a_signed_identity_says_who_it_is(webchat: Channel, sign: Sign, now: datetime) -> None:
    visitor = open_session(
        webchat, token=None, identity=sign("kim", email="kim@example.com", name="Kim"), now=now
    ).visitor

    assert (visitor.subject, visitor.email, visitor.name) == ("kim", "kim@example.com", "Kim")
    assert visitor.identities == (("external_id", "kim"), ("email", "kim@example.com"), ("device", visitor.id))


def test_a_token_remembers_the_identity_for_thirty_days(webchat: Channel, sign: Sign, now: datetime) -> None:
    token = open_session(webchat, token=None, identity=sign("kim"), now=now).token

    assert read_token(token, channel=webchat, now=now + timedelta(days=29)).subject == "kim"
    with pytest.raises(NotRecognised):
        read_token(token, channel=webchat, now=now + timedelta(days=30))


@pytest.mark.parametrize(
    "claims",
    [
        {"secret": "another secret that is long enough too"},
        {"algorithm": "HS512"},
        {"aud": "other"},
        {"aud": ["site", "other"]},
        {"aud": None},
        {"exp": None},
        {"exp": "soon"},
        {"sub": ""},
        {"sub": "  "},
        {"sub": None},
        {"sub": 5},
        {"sub": "x" * 201},
        {"nbf": 32503680000},
    ],
)
def test_an_identity_that_is_not_right_is_refused(
    webchat: Channel, sign: Sign, now: datetime, claims: dict[str, Any]
) -> None:
    try:
        identity = sign(**claims)
    except TypeError:  # PyJWT itself will not sign it
        identity = jwt.api_jws.PyJWS().encode(orjson.dumps({"sub": claims.get("sub"), "aud": "site"}), "x" * 32)

    with pytest.raises(NotRecognised):
        open_session(webchat, token=None, identity=identity, now=now)


@pytest.mark.parametrize(("seconds", "good"), [(3600, True), (3700, False), (1, True), (-59, True), (-61, False)])
def test_an_identity_lives_an_hour_at_most(
    webchat: Channel, sign: Sign, now: datetime, seconds: int, good: bool
) -> None:
    identity = sign(exp=int((now + timedelta(seconds=seconds)).timestamp()))

    if good:
        assert open_session(webchat, token=None, identity=identity, now=now).visitor.subject == "kim"
    else:
        with pytest.raises(NotRecognised):
            open_session(webchat, token=None, identity=identity, now=now)


def test_an_unsigned_identity_is_refused(webchat: Channel, now: datetime) -> None:
    body = {"sub": "kim", "aud": "site", "exp": int(now.timestamp()) + 600}
    parts = [
        urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=") for part in ({"alg": "none", "typ": "JWT"}, body)
    ]

    for identity in (".".join([*parts, ""]), ".".join(parts), jwt.encode(body, "", algorithm="none")):
        with pytest.raises(NotRecognised):
            open_session(webchat, token=None, identity=identity, now=now)


@pytest.mark.parametrize("secrets", [None, {}, {"identity_secret": ""}, {"identity_secret": []}])
def test_a_channel_without_a_secret_believes_nobody(
    webchat: Channel, sign: Sign, now: datetime, secrets: dict[str, Any] | None
) -> None:
    webchat.secrets = secrets

    with pytest.raises(NotRecognised):
        open_session(webchat, token=None, identity=sign(), now=now)


def test_both_secrets_are_good_during_a_rotation(webchat: Channel, sign: Sign, now: datetime) -> None:
    webchat.secrets = {
        "identity_secret": ["the new secret, also long enough for it", webchat.secrets["identity_secret"]]
    }

    assert open_session(webchat, token=None, identity=sign(), now=now).visitor.subject == "kim"


def test_a_channel_can_require_an_identity(webchat: Channel, sign: Sign, now: datetime) -> None:
    webchat.config = {"identity_required": True}
    token = open_session(webchat, token=None, identity=sign(), now=now).token

    for without in (None, token):
        with pytest.raises(NotRecognised):
            open_session(webchat, token=without, identity=None, now=now)


# --- From one to the other -----------------------------------------------------------------------------------------------


def test_signing_in_takes_the_conversation_along(webchat: Channel, sign: Sign, line: Line, now: datetime) -> None:
    before = open_session(webchat, token=None, identity=None, now=now)
    said = line(before.visitor, "Where is my order?")

    after = open_session(webchat, token=before.token, identity=sign("kim", name="Kim"), now=now).visitor

    assert after.id == before.visitor.id
    assert texts(after, now) == ["Where is my order?"]
    customer = Conversation.objects.get(pk=said.conversation_id).customer
    assert set(customer.identities.values_list("kind", "value")) == {("device", after.id), ("external_id", "kim")}
    assert customer.name == "Kim"
    assert line(after, "Still there?", client_id="client-00000002").conversation_id == said.conversation_id


def test_signing_in_as_a_known_customer_moves_the_conversation_to_her_record(
    webchat: Channel, sign: Sign, line: Line, kim: Customer, now: datetime
) -> None:
    Identity.objects.create(customer=kim, kind="external_id", value="kim", verified=True)
    before = open_session(webchat, token=None, identity=None, now=now)
    said = line(before.visitor, "Hello")
    Interaction.objects.update(conversation=said.conversation)  # as the journey writes down in the end

    after = open_session(webchat, token=before.token, identity=sign("kim"), now=now).visitor

    assert Conversation.objects.get(pk=said.conversation_id).customer == kim
    came = Interaction.objects.get(message=said)
    assert (came.customer, came.evidence["by"], came.evidence["verified"]) == (kim, "external_id", True)
    assert Event.objects.filter(name="ConversationChanged").count() == 1
    assert line(after, "And now?", client_id="client-00000002").conversation_id == said.conversation_id


def test_another_user_on_the_same_browser_sees_nothing_of_the_first(
    webchat: Channel, sign: Sign, line: Line, now: datetime
) -> None:
    first = open_session(webchat, token=None, identity=sign("kim"), now=now)
    line(first.visitor, "My bill is wrong")

    second = open_session(webchat, token=first.token, identity=sign("max"), now=now).visitor

    assert second.id != first.visitor.id
    assert texts(second, now) == []
    line(second, "Hi", client_id="client-00000002")
    assert texts(second, now) == ["Hi"]
    assert texts(first.visitor, now) == ["My bill is wrong"]
    assert Conversation.objects.values("customer").distinct().count() == 2


def test_the_same_user_on_a_second_device_goes_on_where_he_stopped(
    webchat: Channel, sign: Sign, line: Line, now: datetime
) -> None:
    phone = open_session(webchat, token=None, identity=sign("kim"), now=now).visitor
    line(phone, "From my phone")

    laptop = open_session(webchat, token=None, identity=sign("kim"), now=now).visitor

    assert laptop.id != phone.id
    assert texts(laptop, now) == ["From my phone"]
    line(laptop, "From my laptop", client_id="client-00000002")
    assert texts(phone, now) == ["From my phone", "From my laptop"]
    assert Conversation.objects.count() == 1


def test_an_anonymous_thread_stays_behind_when_the_user_has_one_already(
    webchat: Channel, sign: Sign, line: Line, now: datetime
) -> None:
    phone = open_session(webchat, token=None, identity=sign("kim"), now=now).visitor
    line(phone, "From my phone")
    anonymous = open_session(webchat, token=None, identity=None, now=now)
    line(anonymous.visitor, "Not signed in yet", client_id="client-00000002")

    signed_in = open_session(webchat, token=anonymous.token, identity=sign("kim"), now=now).visitor

    assert texts(signed_in, now) == ["From my phone"]


@pytest.mark.parametrize("sub", ["kim#1", "kim", "visitor:x", "user:kim", "kim%", "#", "Kim"])
def test_no_user_id_reaches_into_another_thread(
    webchat: Channel, sign: Sign, line: Line, now: datetime, sub: str
) -> None:
    others = [one for one in ("kim", "kim#1", "Kim") if one != sub]
    for number, other in enumerate(others):
        line(
            open_session(webchat, token=None, identity=sign(other), now=now).visitor,
            other,
            client_id=f"client-{number:08}",
        )

    assert texts(open_session(webchat, token=None, identity=sign(sub), now=now).visitor, now) == []


def test_an_e_mail_typed_into_the_form_finds_nobody(webchat: Channel, kim: Customer, now: datetime) -> None:
    from channels_app.models import Interaction
    from channels_app.webchat.sayings import say

    webchat.config = {"form": [{"name": "email", "type": "email"}, {"name": "name", "type": "text"}]}
    stranger = open_session(webchat, token=None, identity=None, now=now).visitor

    say(
        stranger,
        webchat,
        client_id="client-00000001",
        text="Hi",
        form={"email": "kim@example.com", "name": "Kim"},
        now=now,
    )

    payload = Interaction.objects.get().payload
    assert payload["identities"] == [["device", stranger.id]]
    assert payload["customer"] == {"name": "Kim", "email_given": "kim@example.com"}
    assert payload["metadata"]["verified"] is False
