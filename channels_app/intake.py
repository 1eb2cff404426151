"""The body of `POST /api/v1/interactions`, checked field by field, as an envelope. Pure, and lean: it is the hot path."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson

from channels_app.envelope import Envelope
from crm.normalise import normalise

FIELDS = frozenset(
    {
        "channel", "external_id", "conversation_external_id", "identities", "customer", "text", "html", "attachments",
        "occurred_at", "metadata",
    }
)  # fmt: skip
IDENTITY_FIELDS = {"kind", "value"}
KINDS = ("email", "phone", "external_id", "handle", "device")
MAX_TEXT = 100_000
MAX_HTML = 500_000
MAX_NAME = 200
MAX_IDENTITIES = 20
MAX_ATTACHMENTS = 15
MAX_URL = 2_000
MAX_OBJECT_BYTES = 16_384
MAX_BULK = 500
CLOCK_SKEW = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

# Gives the id of the channel with this key, or the sentence why nothing can be posted to it.
FindChannel = Callable[[str], "int | str"]
Error = dict[str, str]


class NotValid(Exception):
    """What is wrong, all of it: [{field, message}, …]."""

    def __init__(self, errors: list[Error]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors

    @property
    def detail(self) -> str:
        first = self.errors[0]
        return f"{first['field']}: {first['message']}" if first["field"] else first["message"]


def read_interaction(body: Any, *, find_channel: FindChannel, now: datetime) -> Envelope:
    """The envelope of one interaction; raises NotValid naming every field at fault."""
    if type(body) is not dict:
        raise NotValid([_error("", "An interaction is a JSON object.")])
    errors: list[Error] = []
    if not body.keys() <= FIELDS:
        errors += _unknown(body)
    channel_id = _channel(body.get("channel"), find_channel, errors)
    external_id = _text(body, "external_id", errors, longest=MAX_NAME, required=True)
    thread = _text(body, "conversation_external_id", errors, longest=MAX_NAME)
    identities, identity = _identities(body.get("identities"), errors)
    text = _text(body, "text", errors, longest=MAX_TEXT)
    html = _text(body, "html", errors, longest=MAX_HTML)
    attachments = _attachments(body["attachments"], errors) if body.get("attachments") else ()
    if not (text.strip() or html.strip() or attachments) and not errors:
        errors.append(_error("text", "Give text, html or attachments; all three are empty."))
    customer = _object(body, "customer", errors)
    metadata = _object(body, "metadata", errors)
    occurred_at = _time(body["occurred_at"], now, errors) if body.get("occurred_at") is not None else now
    if errors:
        raise NotValid(errors)
    return Envelope(
        channel_id=channel_id,
        external_id=external_id,
        # Names that senders give to their conversations are apart from identities: neither can pass for the other.
        thread_key=f"ref:{thread}" if thread else identity,
        conversation_external_id=thread,
        identities=identities,
        customer=customer,
        text=text,
        html=html,
        attachments=attachments,
        occurred_at=occurred_at,
        metadata=metadata,
    )


def _error(field: str, message: str) -> Error:
    return {"field": field, "message": message}


def _unknown(body: dict[str, Any]) -> list[Error]:
    known = ", ".join(sorted(FIELDS))
    return [
        _error(name[:60], f"There is no such field here. The fields are: {known}.")
        for name in sorted(body.keys() - FIELDS)[:5]
    ]


def _channel(key: Any, find_channel: FindChannel, errors: list[Error]) -> int:
    if not isinstance(key, str) or not key:
        errors.append(_error("channel", "Give the key of an API channel."))
        return 0
    found = find_channel(key)
    if isinstance(found, str):
        errors.append(_error("channel", found))
        return 0
    return found


def _text(body: dict[str, Any], name: str, errors: list[Error], *, longest: int, required: bool = False) -> str:
    value = body.get(name, "")
    if type(value) is not str:
        errors.append(_error(name, "Must be a string."))
    elif len(value) > longest:
        errors.append(_error(name, f"Has {len(value):,} characters; at most {longest:,} are taken."))
    elif required and not value.strip():
        errors.append(_error(name, "Is required."))
    else:
        return value
    return ""


def _identities(value: Any, errors: list[Error]) -> tuple[tuple[tuple[str, str], ...], str]:
    """The identities, and the first one normalised as `kind:value`."""
    if type(value) is not list or not 0 < len(value) <= MAX_IDENTITIES:
        sentence = f'Give 1 to {MAX_IDENTITIES} identities, such as {{"kind": "email", "value": "kim@example.com"}}.'
        errors.append(_error("identities", sentence))
        return (), ""
    found, first = [], ""
    for index, one in enumerate(value):
        where = f"identities.{index}"
        if type(one) is not dict or one.keys() != IDENTITY_FIELDS:
            errors.append(_error(where, 'Must be an object of "kind" and "value".'))
        elif one["kind"] not in KINDS:
            errors.append(_error(f"{where}.kind", f"Must be one of {', '.join(KINDS)}."))
        elif type(one["value"]) is not str or not (normal := normalise(one["kind"], one["value"])):
            errors.append(_error(f"{where}.value", WRONG_VALUE[one["kind"]]))
        else:
            found.append((one["kind"], one["value"]))
            first = first or f"{one['kind']}:{normal}"
    return tuple(found), first


WRONG_VALUE = {
    "email": "Is no e-mail address.",
    "phone": "Is no phone number with its country, such as +14155550123.",
    "external_id": "Must be a string of 1 to 254 characters.",
    "handle": "Must be a string of 1 to 254 characters.",
    "device": "Must be a string of 1 to 254 characters.",
}


def _attachments(value: Any, errors: list[Error]) -> tuple[dict[str, Any], ...]:
    if type(value) is not list or len(value) > MAX_ATTACHMENTS:
        errors.append(_error("attachments", f"Must be a list of at most {MAX_ATTACHMENTS} objects."))
        return ()
    return tuple(_attachment(one, f"attachments.{index}", errors) for index, one in enumerate(value))


def _attachment(one: Any, where: str, errors: list[Error]) -> dict[str, Any]:
    if type(one) is not dict or not one.keys() <= {"url", "name", "mime", "size"}:
        errors.append(_error(where, "Must be an object of url, and optionally name, mime and size."))
        return {}
    url, size = one.get("url"), one.get("size")
    if not is_web_address(url):
        errors.append(_error(f"{where}.url", f"Must be an http or https address of at most {MAX_URL:,} characters."))
    errors += [
        _error(f"{where}.{name}", f"Must be a string of at most {MAX_NAME} characters.")
        for name in ("name", "mime")
        if type(one.get(name, "")) is not str or len(one.get(name, "")) > MAX_NAME
    ]
    if size is not None and (type(size) is not int or not 0 <= size <= 2**53):
        errors.append(_error(f"{where}.size", "Must be the number of bytes."))
    return one


def is_web_address(url: Any) -> bool:
    """Whether it is an absolute http(s) URL without blanks, control characters or credentials."""
    if type(url) is not str or len(url) > MAX_URL or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _object(body: dict[str, Any], name: str, errors: list[Error]) -> dict[str, Any]:
    value = body.get(name)
    if not value and (value is None or type(value) is dict):
        return {}
    if type(value) is not dict:
        errors.append(_error(name, "Must be an object."))
        return {}
    size = len(orjson.dumps(value))
    if size > MAX_OBJECT_BYTES:
        errors.append(_error(name, f"Has {size:,} bytes as JSON; at most {MAX_OBJECT_BYTES:,} are taken."))
    return value


def _time(value: Any, now: datetime, errors: list[Error]) -> datetime:
    try:
        if type(value) is not str or len(value) > 40:
            raise ValueError
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        if moment > now + CLOCK_SKEW:
            errors.append(_error("occurred_at", "Lies more than 5 minutes in the future. Check the sender's clock."))
        elif moment < EARLIEST:
            errors.append(_error("occurred_at", "Lies before the year 2000."))
    except (ValueError, OverflowError):
        errors.append(_error("occurred_at", "Must be a time with its zone, such as 2026-01-31T12:00:00Z."))
        return now
    return moment
