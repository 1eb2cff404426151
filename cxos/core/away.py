"""Is it the database that failed, or what was asked of it?"""

from __future__ import annotations

from django.db import DatabaseError, InterfaceError, OperationalError


def database_is_away(problem: BaseException) -> bool:
    """Gone, restarting, out of room, or at odds with itself (a deadlock): the same request may well succeed later.

    A connection that breaks in the middle of a statement is a bare DatabaseError to psycopg2; what is wrong with a
    statement or its values is always one of its subclasses.
    """
    return isinstance(problem, (OperationalError, InterfaceError)) or type(problem) is DatabaseError
