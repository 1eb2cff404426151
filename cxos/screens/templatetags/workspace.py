"""Filters of the workspace: `{% load workspace %}`."""

from __future__ import annotations

from django import template

register = template.Library()
CHANNEL_ICONS = {
    "webchat": "message-circle", "api": "webhook", "email": "mail", "sms": "message-square", "voice": "phone",
    "whatsapp": "message-square-more", "social": "at-sign",
}  # fmt: skip


@register.filter
def channel_icon(kind: str) -> str:
    """The Lucide name of a channel's kind."""
    return CHANNEL_ICONS.get(kind, "message-square")
