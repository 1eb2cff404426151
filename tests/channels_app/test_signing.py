from __future__ import annotations

import pytest

from channels_app.signing import is_genuine, new_secret, signed_headers

# The example of the Standard Webhooks specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
ID, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def headers(*secrets: str) -> dict[str, str]:
    return signed_headers(secrets or (SECRET,), message_id=ID, timestamp=AT, body=BODY)


def test_signature_is_that_of_the_specification() -> None:
    assert headers() == {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}


def test_receiver_with_either_secret_accepts_during_a_rotation() -> None:
    old, new = new_secret(), new_secret()

    signed = headers(new, old)

    assert is_genuine(signed, BODY, secrets=[old], now=AT)
    assert is_genuine(signed, BODY, secrets=[new], now=AT)
    assert not is_genuine(signed, BODY, secrets=[new_secret()], now=AT)


@pytest.mark.parametrize(
    ("change", "body", "now"),
    [
        ({}, b'{"test": 2432232315}', AT),
        ({"webhook-id": "msg_other"}, BODY, AT),
        ({"webhook-timestamp": str(AT + 1)}, BODY, AT),
        ({"webhook-timestamp": "soon"}, BODY, AT),
        ({"webhook-timestamp": "²"}, BODY, AT),
        ({"webhook-signature": ""}, BODY, AT),
        ({"webhook-signature": SIGNATURE.replace("v1", "v0")}, BODY, AT),
        ({"webhook-signature": "v1,ü"}, BODY, AT),
        ({}, BODY, AT + 301),
        ({}, BODY, AT - 301),
    ],
)
def test_whatever_was_changed_is_not_genuine(change: dict[str, str], body: bytes, now: int) -> None:
    assert is_genuine(headers(), BODY, secrets=[SECRET], now=AT + 300)
    assert not is_genuine(headers() | change, body, secrets=[SECRET], now=now)
