"""What a service says when it refuses: a code for programs, a sentence for people, and the field it is about."""

from __future__ import annotations


class DomainError(Exception):
    """A refusal with a reason. The API answers it as problem+json, pages show the sentence.

    `code` is stable and machine-readable, `message` says what happened, to which thing and what to do next,
    `status` is the HTTP status it maps to, `field` names the input at fault.
    """

    status = 400

    def __init__(self, code: str, message: str, *, field: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        if status is not None:
            self.status = status


class Invalid(DomainError):
    status = 422


class Conflict(DomainError):
    """Somebody else was faster, or the thing is no longer in the state the command needs."""

    status = 409


class Forbidden(DomainError):
    status = 403


class NotFound(DomainError):
    status = 404
