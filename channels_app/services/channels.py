"""What an admin does with channels. A secret leaves this module once: when it is drawn."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from channels_app.adapters import Outcome
from channels_app.adapters.posting import post_signed
from channels_app.models import Channel
from channels_app.options import checked_config
from channels_app.signing import new_secret
from cxos.core.errors import Conflict, Invalid
from cxos.core.memory import forget_all
from cxos.core.services.audit import record

Kind, Medium = Channel.Kind, Channel.Medium
MEDIUM_OF = {Kind.WEBCHAT: Medium.CHAT, Kind.API: Medium.MESSAGING}
SECRET_OF = {Kind.WEBCHAT: "identity_secret", Kind.API: "signing_secrets"}
KEPT_SECRETS = 2  # the one before stays good until the next rotation
TEST_SECONDS = 5.0


def create_channel(
    *, kind: str, name: str, key: str = "", config: Mapping[str, Any] | None = None, actor: Any, now: datetime
) -> tuple[Channel, str]:
    """A channel in use at once, and its secret, which is shown this once. Raises Invalid, Conflict."""
    if kind not in MEDIUM_OF:
        raise Invalid("kind", _("There is no channel of kind %(kind)s.") % {"kind": f"{kind[:20]!r}"}, field="kind")
    checked = checked_config(kind, config or {})
    key, secret = slugify(key or name)[:60], draw_secret(kind)
    if not key:
        raise Invalid("key", _("Give the channel a key of Latin letters and digits, such as “shop”."), field="key")
    channel = Channel(
        key=key, name=checked_name(name), kind=kind, medium=MEDIUM_OF[Kind(kind)], created_at=now,
        config={name: value for name, value in checked.items() if value is not None},
        secrets={SECRET_OF[Kind(kind)]: [secret]},
    )  # fmt: skip
    try:
        with transaction.atomic():
            channel.save(force_insert=True)
            record(actor, "made", channel, after=shown(channel))
    except IntegrityError:
        raise Conflict(
            "key_taken", _("There is a channel with the key “%(key)s” already.") % {"key": key}, field="key"
        ) from None
    forget_all()
    return channel, secret


def change_channel(
    channel: Channel,
    *,
    name: str | None = None,
    enabled: bool | None = None,
    config: Mapping[str, Any] | None = None,
    actor: Any,
) -> Channel:
    """Another name, on or off, and other settings; those not given stay, None takes one away. Raises Invalid."""
    checked = checked_config(channel.kind, config or {})
    with transaction.atomic():
        kept = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
        before = shown(kept)
        kept.name = kept.name if name is None else checked_name(name)
        kept.enabled = kept.enabled if enabled is None else enabled
        kept.config = {name: value for name, value in {**kept.config, **checked}.items() if value is not None}
        after = shown(kept)
        if after != before:
            kept.save(update_fields=["name", "enabled", "config"])
            changed = [field for field in {**before, **after} if after.get(field) != before.get(field)]
            record(
                actor, "changed", kept,
                before={field: before.get(field) for field in changed},
                after={field: after.get(field) for field in changed},
            )  # fmt: skip
    forget_all()
    return kept


def rotate_secret(channel: Channel, *, actor: Any) -> str:
    """A new secret, shown this once; the one before stays good until the next rotation."""
    secret, name = draw_secret(channel.kind), SECRET_OF[Kind(channel.kind)]
    with transaction.atomic():
        kept = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
        kept_secrets: Any = kept.secrets
        sealed: dict[str, Any] = dict(kept_secrets or {})
        held = sealed.get(name) or []
        sealed[name] = [secret, *([held] if isinstance(held, str) else held)][:KEPT_SECRETS]
        kept.secrets = sealed
        kept.save(update_fields=["secrets"])
        record(actor, "rotated the secret of", kept)
    return secret


def try_reply_url(channel: Channel, *, now: datetime) -> tuple[Outcome, int | None]:
    """Post a signed trial to the channel's reply_url: what came of it, and the HTTP status. Does not raise."""
    url = channel.config.get("reply_url", "")
    if not url:
        return Outcome("failed", "There is no address for replies yet."), None
    sealed: Any = channel.secrets
    body = {"type": "channel.tried", "timestamp": now.isoformat(), "data": {"channel": channel.key}}
    return post_signed(
        url,
        body,
        message_id=f"try_{channel.pk}_{int(now.timestamp())}",
        secrets=(sealed or {}).get("signing_secrets", []),
        seconds=TEST_SECONDS,
    )


def draw_secret(kind: str) -> str:
    return new_secret() if kind == Kind.API else randomness.token_urlsafe(32)


def checked_name(name: str) -> str:
    if not 0 < len(name.strip()) <= 80:
        raise Invalid("name", _("A channel needs a name of up to 80 characters."), field="name")
    return name.strip()


def shown(channel: Channel) -> dict[str, Any]:
    """What the audit may say of it: never a secret."""
    return {"name": channel.name, "enabled": channel.enabled, **channel.config}
