"""The table of contents of the product: one file per emitting app, one frozen dataclass per thing that happens.

Ids, enums, numbers and ISO texts only. The key under which an event is emitted is named in each docstring: handlers see
the events of one key in order.
"""
