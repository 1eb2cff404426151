"""Messages to browsers by the Web Push standard: encryption (RFC 8291 over RFC 8188, aes128gcm) and VAPID (RFC 8292). Pure."""

from __future__ import annotations

import base64
import json
import os
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

RECORD_BYTES = 4096
MOST_BYTES = 3_993  # what every push service must take, less header, tag and padding (RFC 8291, section 4)
VALID_SECONDS = 12 * 3600  # a VAPID token may live for a day at most
POINT_BYTES, SECRET_BYTES = 65, 16


class BadKeys(ValueError):
    """What a browser gave as its keys is no P-256 point with a secret of 16 bytes."""


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise BadKeys("This is no base64url.") from None


def new_private_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return encoded(key.private_numbers().private_value.to_bytes(32, "big"))


def public_key(private: str) -> str:
    """The uncompressed point, base64url: what a browser subscribes with."""
    return encoded(_point(_private(private).public_key()))


def check_keys(p256dh: str, auth: str) -> None:
    """Raises BadKeys."""
    _public(p256dh)
    if len(decoded(auth)) != SECRET_BYTES:
        raise BadKeys("The secret has 16 bytes.")


def encrypt(message: bytes, *, p256dh: str, auth: str, salt: bytes | None = None, private: str | None = None) -> bytes:
    """The body of a push: one aes128gcm record that only this browser can read. `salt` and `private` are random but in
    tests. Raises BadKeys; ValueError for a message over MOST_BYTES."""
    if len(message) > MOST_BYTES:
        raise ValueError(f"A push holds at most {MOST_BYTES} bytes.")
    salt = os.urandom(16) if salt is None else salt
    ours = ec.generate_private_key(ec.SECP256R1()) if private is None else _private(private)
    theirs = _public(p256dh)
    shared = ours.exchange(ec.ECDH(), theirs)
    # RFC 8291, section 3.4: the browser's secret is mixed in first, then both public keys.
    together = b"WebPush: info\0" + _point(theirs) + _point(ours.public_key())
    material = _hkdf(decoded(auth), shared, together, 32)
    key = _hkdf(salt, material, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, material, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(key).encrypt(nonce, message + b"\x02", None)  # 2: the last record
    point = _point(ours.public_key())
    return salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(point)]) + point + sealed


def vapid_header(endpoint: str, *, private: str, contact: str, now: int) -> str:
    """The Authorization header that says who sends. `contact`: mailto: or https: address of the operator."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now + VALID_SECONDS, "sub": contact}
    signed = ".".join(encoded(json.dumps(part, separators=(",", ":")).encode()) for part in (_HEADER, claims))
    r, s = decode_dss_signature(_private(private).sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={public_key(private)}"


_HEADER = {"typ": "JWT", "alg": "ES256"}


def _hkdf(salt: bytes, material: bytes, about: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=about).derive(material)


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), ec.SECP256R1())


def _public(text: str) -> ec.EllipticCurvePublicKey:
    raw = decoded(text)
    if len(raw) != POINT_BYTES:
        raise BadKeys("A public key is an uncompressed point of 65 bytes.")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except (ValueError, InvalidKey):
        raise BadKeys("The public key is no point of the curve P-256.") from None


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
