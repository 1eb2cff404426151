"""A customer's side of the product, for everybody to try: no sign-in, no data but what one types into the chat."""

from __future__ import annotations

from datetime import timedelta

import jwt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from channels_app.models import Channel
from channels_app.webchat.visitors import identity_secrets

# Who the page can pretend to be signed in as. A site of its own would sign the identity of its real user the same way.
PERSON = {"sub": "demo-robin", "name": "Robin Vale", "email": "robin.vale@example.com"}

PLANS = (
    {"name": "Small talk", "price": 9, "data": "5 GB", "points": ("Calls and texts in 32 countries", "No contract")},
    {"name": "Everyday", "price": 19, "data": "40 GB", "best": True,
     "points": ("5G at full speed", "Second line included", "No contract")},
    {"name": "Household", "price": 39, "data": "Fibre 500", "points": ("Router on us", "Two mobile lines at half price")},
)  # fmt: skip
QUESTIONS = (
    ("My internet is slow", "Switch the router off for ten seconds first. If that does not help, write to us: we can see the line from here."),
    ("I do not understand my bill", "The first bill covers the days before the month as well. Write to us and we go through it with you."),
    ("I am moving house", "Tell us the new address two weeks ahead and the line is there before your boxes are."),
)  # fmt: skip


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """`?channel=` another channel than the first; `?as=robin` signed in; `?language=ar` the chat in Arabic."""
    channels = Channel.objects.filter(kind=Channel.Kind.WEBCHAT, enabled=True).order_by("id")
    wanted = request.GET.get("channel")
    channel = channels.filter(key=wanted).first() if wanted else channels.first()
    signed_in = request.GET.get("as") == "robin"
    context = {
        "channel": channel,
        "identity": _identity(channel) if channel and signed_in else "",
        "person": PERSON if signed_in else None,
        "language": request.GET.get("language", "")[:8],
        "plans": PLANS,
        "questions": QUESTIONS,
    }
    return render(request, "demo/index.html", context)


def _identity(channel: Channel) -> str:
    """What a site's server gives to its page for a user who is signed in there."""
    secrets = identity_secrets(channel)
    if not secrets:
        return ""
    expires = timezone.now() + timedelta(minutes=30)
    return jwt.encode({**PERSON, "aud": channel.key, "exp": int(expires.timestamp())}, secrets[0], algorithm="HS256")
