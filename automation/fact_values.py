"""Facts as values: what types there are, how one is read for a comparison and shown in a record. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

READ_CHARS = 50_000
READ_ITEMS = 2_000
SHOWN_CHARS = 200
SHOWN_ITEMS = 20

_LISTS = (list, tuple, set, frozenset)
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")


class FactType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOL = "bool"
    LIST = "list"
    TIME = "time"


class Fact(NamedTuple):
    """A fact rules may ask about: its type, the words a screen shows for it, and the values it can take, if few."""

    type: FactType
    label: str = ""
    choices: tuple[str, ...] = ()


Schema: TypeAlias = Mapping[str, Fact]


def read(value: Any) -> Any:
    """A fact in the form comparisons need: folded text, finite number, bool, UTC time; None for anything else.

    A list becomes the set of its (kind, value) pairs, since Python takes 1 and True for the same.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return folded(value[:READ_CHARS])
    if isinstance(value, int):
        return value
    if isinstance(value, float | Decimal):
        return value if (value.is_finite() if isinstance(value, Decimal) else isfinite(value)) else None
    if isinstance(value, date):
        return _moment(value if isinstance(value, datetime) else datetime(value.year, value.month, value.day))
    if isinstance(value, _LISTS):
        items = [read(item) for item in islice(value, READ_ITEMS) if not isinstance(item, _LISTS)]
        return frozenset((kind(item), item) for item in items if item is not None)
    return None


def kind(value: Any) -> FactType | None:
    if isinstance(value, bool):
        return FactType.BOOL
    if isinstance(value, str):
        return FactType.TEXT
    if isinstance(value, int | float | Decimal):
        return FactType.NUMBER
    if isinstance(value, datetime):
        return FactType.TIME
    return FactType.LIST if isinstance(value, frozenset) else None


def time_from(text: str) -> datetime | None:
    """ISO 8601 as an aware time; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        return None
    return _moment(moment)


def _moment(value: datetime) -> datetime | None:
    """UTC, because Python compares two times of one zone by their wall clocks."""
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def fits(value: Any, type: FactType) -> bool:
    """Whether a rule's value can be compared with a fact of this type."""
    if type is FactType.TIME:
        return isinstance(value, str) and time_from(value) is not None
    return kind(read(value)) is (FactType.TEXT if type is FactType.LIST else type)


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def says_any(texts: Sequence[str], phrases: Iterable[str]) -> bool:
    """Whether one of the words or phrases occurs in one of the texts as whole words; all are folded already.

    Chinese, Japanese and Thai do not part words by spaces: there any occurrence counts.
    """
    frames = [_framed(text) for text in texts]
    for phrase in phrases:
        if _UNSPACED.search(phrase):
            if any(phrase in text for text in texts):
                return True
        elif (wanted := _framed(phrase)).strip() and any(wanted in frame for frame in frames):
            return True
    return False


def _framed(text: str) -> str:
    return " " + " ".join(_WORD.findall(text)) + " "


def shown(value: Any) -> Any:
    """A value fit to be stored as JSON: cut, and without characters a database refuses."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int) and abs(value) < 10**15:
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    if isinstance(value, _LISTS):
        return ["…" if isinstance(item, _LISTS) else shown(item) for item in islice(value, SHOWN_ITEMS)]
    text = value if isinstance(value, str) else value.isoformat() if isinstance(value, date) else _described(value)
    clean = text[:SHOWN_CHARS].replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return clean + "…" if len(text) > SHOWN_CHARS else clean


def _described(value: Any) -> str:
    if isinstance(value, int):
        return f"a number of {value.bit_length()} bits"
    return str(value) if isinstance(value, float | Decimal) else f"({type(value).__name__})"
