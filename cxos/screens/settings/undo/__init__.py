"""Taking a change back: the earlier state is written again through the services that wrote the later one.

An entry of the audit holds what was before, so it is the earlier version. What changed again since is not overwritten,
and what something came to depend on is not removed: both are refused with a sentence. The undo is an entry itself, and
so can be taken back too.
"""

from cxos.screens.settings.undo import connections, desks, knowledge, macros, promises, records, templates, work
from cxos.screens.settings.undo.taking_back import restore_of, take_back

__all__ = [
    "connections", "desks", "knowledge", "macros", "promises", "records", "restore_of", "take_back", "templates", "work",
]  # fmt: skip
