"""Who works here: invited, given a role and teams, let go, let in again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _

from cxos.core.errors import Conflict, Invalid, NotFound
from cxos.core.events.people import PersonChanged
from cxos.core.models import Role, Team, User
from cxos.core.outbox import emit
from cxos.core.services.audit import record


def invite(*, email: str, name: str, role: str, team_ids: Iterable[int] = (), password: str = "", actor: Any) -> User:
    """Somebody new. Without a password they can sign in only after following a link (see `password_link`)."""
    email, name = email.strip().lower(), checked_name(name)
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid("email", _("This is no e-mail address."), field="email") from None
    check_role(role)
    user = User(email=email, name=name, role=role)
    if password:
        check_password(password, user)
    user.set_password(password or None)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            user.teams.set(teams_of(team_ids))
            record(actor, "invited", user, after=shown(user))
    except IntegrityError:
        raise Conflict(
            "email_taken", _("Somebody with the e-mail %(email)s works here already.") % {"email": email}, field="email"
        ) from None
    return user


def change_person(user: User, *, changes: Mapping[str, Any], actor: Any) -> User:
    """Set any of name, role and team_ids. The last admin stays one. Raises Invalid, Conflict."""
    with transaction.atomic():
        kept = lock_person(user.pk)
        before = shown(kept)
        if "name" in changes:
            kept.name = checked_name(changes["name"])
        if "role" in changes:
            check_role(changes["role"])
            if kept.administers and changes["role"] != Role.ADMIN:
                refuse_last_admin(kept)
            kept.role = changes["role"]
        kept.save(update_fields=["name", "role"])
        if "team_ids" in changes:
            kept.teams.set(teams_of(changes["team_ids"]))
        after = shown(kept)
        changed = [field for field in after if after[field] != before[field]]
        if changed:
            record(actor, "changed", kept, before={f: before[f] for f in changed}, after={f: after[f] for f in changed})
            _tell(kept, changed, actor=actor)
    return kept


def deactivate(user: User, *, actor: Any) -> None:
    """They cannot sign in any more, their sessions and API keys stop working; what they did stays theirs."""
    if isinstance(actor, User) and actor.pk == user.pk:
        raise Conflict("yourself", _("You cannot deactivate yourself. Another admin can."))
    with transaction.atomic():
        kept = lock_person(user.pk)
        if not kept.is_active:
            return
        if kept.administers:
            refuse_last_admin(kept)
        kept.is_active = False
        kept.save(update_fields=["is_active"])
        record(actor, "deactivated", kept, before={"active": True}, after={"active": False})
        _tell(kept, ["active"], actor=actor)


def reactivate(user: User, *, actor: Any) -> None:
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            record(actor, "reactivated", user, before={"active": False}, after={"active": True})
            _tell(user, ["active"], actor=actor)


def _tell(user: User, changed: Iterable[str], *, actor: Any) -> None:
    emit(PersonChanged(user_id=user.pk, changed=tuple(changed)), key=f"user:{user.pk}", actor=actor)


def password_link(user: User, *, actor: Any) -> tuple[str, str]:
    """(uid, token) of a link by which they choose a password; it ends with its use, or after PASSWORD_RESET_TIMEOUT."""
    if not user.is_active:
        raise Conflict("inactive", _("%(name)s is deactivated. Reactivate them first.") % {"name": user.name})
    with transaction.atomic():
        record(actor, "made a password link for", user)
    return urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)


def person_of_link(uid: str, token: str) -> User | None:
    """Whose link this is; None once it was used, is over, or is no link of ours."""
    try:
        user = User.objects.filter(pk=int(urlsafe_base64_decode(uid)), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return user if user is not None and default_token_generator.check_token(user, token) else None


def choose_password(user: User, *, password: str) -> None:
    """By the person themselves. Raises Invalid with what is wrong with it."""
    check_password(password, user)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        record(user, "chose a password", user)


def save_team(team: Team | None, *, name: str, actor: Any) -> Team:
    name = name.strip()
    if not 0 < len(name) <= 80:
        raise Invalid("name", _("A team needs a name of up to 80 characters."), field="name")
    if Team.objects.filter(name__iexact=name).exclude(pk=team.pk if team else 0).exists():
        raise Conflict("team_exists", _("There is a team “%(name)s” already.") % {"name": name}, field="name")
    with transaction.atomic():
        if team is None:
            team = Team.objects.create(name=name)
            record(actor, "made", team, after={"name": name})
        elif team.name != name:
            before, team.name = team.name, name
            team.save(update_fields=["name"])
            record(actor, "changed", team, before={"name": before}, after={"name": name})
    return team


def shown(user: User) -> dict[str, Any]:
    teams = sorted(user.teams.values_list("name", flat=True))
    return {"name": user.name, "email": user.email, "role": user.role, "teams": teams}


def lock_person(user_id: int) -> User:
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise NotFound("no_such_person", _("There is no person %(number)s.") % {"number": user_id})
    return user


def refuse_last_admin(user: User) -> None:
    """Locks every admin, so that two cannot take the right from each other at once."""
    admins = User.objects.select_for_update(no_key=True).filter(role=Role.ADMIN, is_active=True).order_by("pk")
    if not [one for one in admins if one.pk != user.pk]:
        raise Conflict(
            "last_admin",
            _("%(name)s is the last admin. Make somebody else one first.") % {"name": user.name},
            field="role",
        )


def teams_of(team_ids: Iterable[int]) -> list[Team]:
    wanted = set(team_ids)
    teams = list(Team.objects.filter(pk__in=wanted))
    if len(teams) != len(wanted):
        raise Invalid("no_such_team", _("One of the teams does not exist any more."), field="team_ids")
    return teams


def checked_name(name: str) -> str:
    if not 0 < len(name.strip()) <= 120:
        raise Invalid("name", _("A name has 1 to 120 characters."), field="name")
    return name.strip()


def check_role(role: str) -> None:
    if role not in Role.values:
        raise Invalid("role", _("A role is one of %(choices)s.") % {"choices": ", ".join(Role.values)}, field="role")


def check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise Invalid("password", " ".join(problem.messages), field="password") from None
