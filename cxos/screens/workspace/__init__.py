"""The agent's day: the list, the thread, the customer beside it, offers, presence and capacity."""
