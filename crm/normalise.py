"""Identities in the one form they are compared in. Pure."""

from __future__ import annotations

import unicodedata

import phonenumbers

MAX_LENGTH = 254


def normalise(kind: str, value: str, *, region: str | None = None) -> str:
    """The comparable form of an identity, or "" when the value cannot be one of its kind.

    E-mail: trimmed, lower case, domain in ASCII. Phone: E.164 (`region` = country of numbers without a prefix).
    Everything else: trimmed and NFC; external ids and devices stay case-sensitive, handles do not.
    """
    text = unicodedata.normalize("NFC", value).strip()
    if not text or len(text) > MAX_LENGTH or "\0" in text:
        return ""
    if kind == "email":
        return _email(text)
    if kind == "phone":
        return _phone(text, region)
    if kind == "handle":
        return text.lower().lstrip("@")
    return text


def _email(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not at or not local or any(c.isspace() for c in text):
        return ""
    try:
        ascii_domain = domain.rstrip(".").encode("idna").decode() if not domain.isascii() else domain.rstrip(".")
    except UnicodeError:
        return ""
    return f"{local}@{ascii_domain}".lower() if ascii_domain else ""


def _phone(text: str, region: str | None) -> str:
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
