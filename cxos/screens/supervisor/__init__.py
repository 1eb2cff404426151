"""The floor, live: queues, agents, what waits, what breaches next, and the verbs to move work."""
