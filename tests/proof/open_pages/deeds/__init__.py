"""What happens in a contact centre, one deed for every event. Importing them registers their proofs."""

from __future__ import annotations

from tests.proof.open_pages.deeds import calls, cases, conversations, customers, desks, offers, people, plans, work

__all__ = ["calls", "cases", "conversations", "customers", "desks", "offers", "people", "plans", "work"]
