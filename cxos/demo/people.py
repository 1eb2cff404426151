"""Who works in the demo. Names and words are our own."""

from __future__ import annotations

from typing import NamedTuple

PASSWORD = "demo-password-123"  # noqa: S105  printed at every start; there is nothing to guard


class Person(NamedTuple):
    email: str
    name: str
    role: str
    team: str
    skills: dict[str, int]
    queues: tuple[str, ...]


PEOPLE = (
    Person("adi@example.com", "Adi Admin", "admin", "Care", {}, ()),
    Person("sam@example.com", "Sam Ortiz", "supervisor", "Care", {}, ()),
    Person("ana@example.com", "Ana Lindqvist", "agent", "Care", {"english": 5, "billing": 4}, ("care", "billing")),
    Person("ben@example.com", "Ben Okafor", "agent", "Care", {"english": 5, "technical": 4}, ("care", "technical")),
    Person(
        "chloe@example.com",
        "Chloé Martin",
        "agent",
        "Care",
        {"english": 4, "french": 5, "billing": 3},
        ("care", "billing"),
    ),
    Person("dev@example.com", "Dev Raman", "agent", "Technical", {"english": 4, "technical": 5}, ("technical", "care")),
    Person(
        "ebru@example.com",
        "Ebru Kaya",
        "agent",
        "Technical",
        {"english": 4, "german": 5, "technical": 3},
        ("technical", "care"),
    ),
    Person("finn@example.com", "Finn Larsen", "agent", "Billing", {"english": 5, "billing": 5}, ("billing", "care")),
    Person(
        "gia@example.com",
        "Gia Romano",
        "agent",
        "Billing",
        {"english": 4, "spanish": 5, "billing": 4},
        ("billing", "care"),
    ),
)
# The ones people sign in as by hand; the demo's own agents are the others.
SIGN_IN = ("ana@example.com", "sam@example.com", "adi@example.com")
SKILLS = {
    "english": "English", "french": "French", "german": "German", "spanish": "Spanish",
    "billing": "Billing", "technical": "Technical help",
}  # fmt: skip
