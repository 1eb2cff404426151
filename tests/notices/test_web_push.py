"""Encryption and VAPID, against the example of RFC 8291 and by reading what was written."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cxos.core.web_push import (
    MOST_BYTES,
    BadKeys,
    check_keys,
    decoded,
    encoded,
    encrypt,
    new_private_key,
    public_key,
    vapid_header,
)

# RFC 8291, section 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SENDER_PUBLIC = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
BROWSER_PUBLIC = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_standard_comes_out_byte_for_byte() -> None:
    assert public_key(SENDER) == SENDER_PUBLIC

    body = encrypt(PLAIN, p256dh=BROWSER_PUBLIC, auth=AUTH, salt=decoded(SALT), private=SENDER)

    assert encoded(body) == BODY


def test_no_two_messages_are_encrypted_alike() -> None:
    bodies = {encrypt(PLAIN, p256dh=BROWSER_PUBLIC, auth=AUTH) for _ in range(3)}
    assert len(bodies) == 3


def test_what_a_push_cannot_hold_is_refused() -> None:
    assert len(encrypt(b"x" * MOST_BYTES, p256dh=BROWSER_PUBLIC, auth=AUTH)) == 4096
    with pytest.raises(ValueError, match="3993"):
        encrypt(b"x" * (MOST_BYTES + 1), p256dh=BROWSER_PUBLIC, auth=AUTH)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", AUTH), ("!", AUTH), (BROWSER_PUBLIC[:-4], AUTH), (encoded(b"\x04" + b"\x01" * 64), AUTH),
        (encoded(b"\x00" * 65), AUTH), (BROWSER_PUBLIC, ""), (BROWSER_PUBLIC, AUTH[:-3]),
    ],
)  # fmt: skip
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(BadKeys):
        check_keys(p256dh, auth)


def test_the_header_is_signed_by_the_key_it_names() -> None:
    private = new_private_key()

    header = vapid_header("https://push.example/a?b", private=private, contact="mailto:a@example.com", now=1_000)

    token, _, key = header.removeprefix("vapid t=").partition(", k=")
    signed, _, signature = token.rpartition(".")
    head, claims = (json.loads(decoded(part)) for part in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    assert claims == {"aud": "https://push.example", "exp": 1_000 + 12 * 3600, "sub": "mailto:a@example.com"}
    raw = decoded(signature)
    dss = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    point.verify(dss, signed.encode(), ec.ECDSA(hashes.SHA256()))
    assert key == public_key(private)
