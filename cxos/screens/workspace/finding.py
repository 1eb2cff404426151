"""Finding in a list. The few rows of one's own lists are compared with the words; of a list that may hold a million, those
are taken that the indexes of the search find."""

from __future__ import annotations

from django.db.models import Q

from channels_app.queries import CONVERSATION_WORDS, MESSAGE_CONVERSATIONS
from crm.queries import CUSTOMER_WORDS
from cxos.core.search.dictionary import understand
from cxos.core.search.vectors import Wanted, newest
from cxos.screens.workspace import filters
from cxos.screens.workspace.filters import Asking

SHORT = frozenset({"mine", "mentions", "participating", "snoozed"})  # and every queue
MOST_MESSAGES, MOST_SUBJECTS, MOST_CUSTOMERS = 2_000, 1_000, 200


def holding(words: str, tab: str, asking: Asking) -> Q:
    """The rows of this tab's list that hold the words. No query for short lists; else 3 as a rule, 5 at most."""
    if tab in SHORT or tab.startswith("queue-"):
        return filters.words(words, "contains", asking)
    asked = understand(words)
    said, about, customers = newest(
        asked,
        [
            Wanted(MESSAGE_CONVERSATIONS, MOST_MESSAGES),
            Wanted(CONVERSATION_WORDS, MOST_SUBJECTS),
            Wanted(CUSTOMER_WORDS, MOST_CUSTOMERS),
        ],
    )
    numbered = [] if asked.number is None else [asked.number]
    return Q(pk__in={*said, *about, *numbered}) | Q(customer__in=customers)
