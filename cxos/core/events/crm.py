from __future__ import annotations

from cxos.core.catalogue import event


@event
class CustomerCreated:
    """Key `customer:<id>`, as all below."""

    customer_id: int


@event
class CustomerChanged:
    customer_id: int
    changed: tuple[str, ...]


@event
class MergeSuggested:
    suggestion_id: int
    first_id: int
    second_id: int


@event
class CustomersMerged:
    survivor_id: int
    merged_id: int


@event
class CustomersUnmerged:
    """The merge was taken back: `merged_id` is a record of its own again."""

    survivor_id: int
    merged_id: int
