"""A case's life: opened, waiting for the customer, solved, reopened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from cases.models import Case
from cases.services.clocks import follow_case
from cases.services.reselection import reselect_case
from channels_app.models import Conversation, Priority
from crm.models import Customer
from cxos.core.actor import actor_name, actor_user_id
from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.events.cases import CaseChanged, CaseOpened, CaseReopened, CaseSolved
from cxos.core.models import Team, User
from cxos.core.outbox import emit

REOPEN_WITHIN = timedelta(days=7)
NEXT_NUMBER = "SELECT nextval(pg_get_serial_sequence('cases_case', 'id'))"
Status = Case.Status


def open_case(
    *,
    customer: Customer,
    subject: str,
    conversation: Conversation | None = None,
    description: str = "",
    priority: int = Priority.NORMAL,
    tags: Sequence[str] = (),
    assignee: User | None = None,
    team: Team | None = None,
    actor: Any,
    now: datetime,
) -> Case:
    """A new case with its reference and its resolution clock. Team and assignee default to the conversation's."""
    subject = _checked(subject, customer=customer, conversation=conversation, priority=priority)
    with transaction.atomic():
        number = _next_number()
        case = Case.objects.create(
            id=number,
            reference=f"C-{number:06d}",
            subject=subject[:200],
            description=description.replace("\0", ""),
            customer=customer,
            priority=priority,
            tags=list(tags),
            assignee_id=assignee.pk if assignee else conversation.assignee_id if conversation else None,
            team_id=team.pk if team else conversation.team_id if conversation else None,
            opened_at=now,
        )
        if conversation is not None:
            case.conversations.add(conversation)
        follow_case(case, at=now, actor=actor, now=now)
        conversation_id = conversation.pk if conversation else None
        event = CaseOpened(case_id=case.pk, customer_id=customer.pk, conversation_id=conversation_id)
        emit(event, key=f"case:{case.pk}", actor=actor)
    return case


def solve_case(case_id: int, *, resolution: str = "", actor: Any, now: datetime) -> Case:
    """The promise is kept. Raises Conflict when somebody solved it before."""
    with transaction.atomic():
        case = lock_case(case_id)
        if case.status in (Status.SOLVED, Status.CLOSED):
            raise Conflict(
                "case_solved_already", _("Case %(reference)s is solved already.") % {"reference": case.reference}
            )
        case.status, case.solved_at, case.resolution = Status.SOLVED, now, resolution.replace("\0", "")[:200]
        case.save(update_fields=["status", "solved_at", "resolution"])
        follow_case(case, at=now, actor=actor, now=now)
        agent_id = actor_user_id(actor_name(actor))
        event = CaseSolved(case_id=case.pk, customer_id=case.customer_id, agent_id=agent_id or case.assignee_id)
        emit(event, key=f"case:{case.pk}", actor=actor)
    return case


def reopen_case(case_id: int, *, reason: str = "", actor: Any, now: datetime) -> Case:
    """It was not solved after all. Raises Conflict for one that is open, and for one solved more than a week ago."""
    with transaction.atomic():
        case = lock_case(case_id)
        if case.status not in (Status.SOLVED, Status.CLOSED) or case.solved_at is None:
            raise Conflict(
                "case_open_already", _("Case %(reference)s is open already.") % {"reference": case.reference}
            )
        if now - case.solved_at > REOPEN_WITHIN:
            told = {"reference": case.reference, "days": REOPEN_WITHIN.days}
            raise Conflict(
                "case_too_old",
                _("Case %(reference)s was solved more than %(days)s days ago. Open a new case instead.") % told,
            )
        case.status, case.solved_at, case.closed_at = Status.OPEN, None, None
        case.save(update_fields=["status", "solved_at", "closed_at"])
        follow_case(case, at=now, actor=actor, now=now)
        event = CaseReopened(case_id=case.pk, customer_id=case.customer_id, reason=reason.replace("\0", "")[:200])
        emit(event, key=f"case:{case.pk}", actor=actor)
    return case


def wait_for_customer(case_id: int, *, actor: Any, now: datetime) -> Case:
    """The next step is the customer's: the resolution clock rests until they write, or somebody goes on."""
    return _move(case_id, Status.PENDING, at=now, actor=actor, now=now)


def go_on(case_id: int, *, actor: Any, now: datetime) -> Case:
    """The next step is ours again."""
    return _move(case_id, Status.OPEN, at=now, actor=actor, now=now)


def wake_cases(conversation_id: int, *, at: datetime, actor: Any, now: datetime) -> None:
    """The customer wrote at `at`: cases of this conversation that waited for them go on from then."""
    waiting = Case.objects.filter(conversations=conversation_id, status=Status.PENDING).order_by("id")
    for case_id in list(waiting.values_list("id", flat=True)):
        _move(case_id, Status.OPEN, at=at, actor=actor, now=now)


def set_case_priority(case_id: int, *, priority: int, actor: Any, now: datetime) -> Case:
    """Another priority may carry another promise."""
    if priority not in Priority.values:
        raise Invalid(
            "priority_unknown",
            _("A priority is one of %(choices)s, not %(priority)s.")
            % {"choices": Priority.values, "priority": priority},
            field="priority",
        )
    with transaction.atomic():
        case = lock_case(case_id)
        if case.priority != priority:
            case.priority = priority
            case.save(update_fields=["priority"])
            reselect_case(case, changed={"priority"}, actor=actor, now=now)
            tell_change(case, "priority", str(priority), actor=actor)
    return case


def _checked(subject: str, *, customer: Customer, conversation: Conversation | None, priority: int) -> str:
    """The subject in one clean line; raises Invalid, naming the field."""
    subject = " ".join(subject.replace("\0", "").split())
    if not subject:
        raise Invalid("subject_empty", _("Say in a few words what the case is about."), field="subject")
    if priority not in Priority.values:
        raise Invalid(
            "priority_unknown",
            _("A priority is one of %(choices)s, not %(priority)s.")
            % {"choices": Priority.values, "priority": priority},
            field="priority",
        )
    if conversation is not None and conversation.customer_id != customer.pk:
        raise Invalid(
            "conversation_of_another",
            _("Conversation %(number)s belongs to another customer.") % {"number": conversation},
            field="conversation",
        )
    return subject


def _move(case_id: int, status: str, *, at: datetime, actor: Any, now: datetime) -> Case:
    with transaction.atomic():
        case = lock_case(case_id)
        if case.status in (Status.SOLVED, Status.CLOSED):
            raise Conflict(
                "case_solved_already",
                _("Case %(reference)s is solved. Reopen it first.") % {"reference": case.reference},
            )
        if case.status != status:
            case.status = status
            case.save(update_fields=["status"])
            follow_case(case, at=at, actor=actor, now=now)
            tell_change(case, "status", status, actor=actor)
    return case


def tell_change(case: Case, what: str, value: str, *, actor: Any) -> None:
    emit(CaseChanged(case_id=case.pk, what=what, value=value[:200]), key=f"case:{case.pk}", actor=actor)


def lock_case(case_id: int) -> Case:
    case = Case.objects.select_for_update(no_key=True).filter(id=case_id).first()
    if case is None:
        raise NotFound("no_such_case", _("There is no case %(number)s.") % {"number": case_id})
    return case


def _next_number() -> int:
    """The case's id, taken before its row exists, so that the reference can hold it."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER)
        return int(cursor.fetchone()[0])
