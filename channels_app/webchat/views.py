"""The widget's script and frame, and the REST fallback: what the socket does, for pages that cannot hold one open.

A visitor is named by `Authorization: Bearer <token>` alone; cookies are neither read nor set, so no other page can act as
a visitor. Refusals are problem+json.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe
from rest_framework.exceptions import ParseError

from channels_app.channel_rules import rules_of
from channels_app.models import Channel
from channels_app.services.attachments import opened, store_attachment
from channels_app.serving import file_response
from channels_app.webchat import sayings
from channels_app.webchat.appearance import appearance_of, choose_language, files_of, launcher_script
from channels_app.webchat.assets import Asset, asset, folder_digest, made_asset, modules
from channels_app.webchat.callbacks import ask_callback
from channels_app.webchat.chats import look
from channels_app.webchat.endings import answer_survey, end_chat
from channels_app.webchat.limits import check_limits
from channels_app.webchat.origins import allowed_origins, client_address, site_origins
from channels_app.webchat.receipts import mark_received
from channels_app.webchat.sessions import find_channel, open_session
from channels_app.webchat.visitors import Visitor, read_token
from cxos.core import live
from cxos.core.api.parsing import parse_json
from cxos.core.api.problems import problem
from cxos.core.errors import DomainError, Forbidden, Invalid, NotFound

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
MAX_BODY = 65_536


# --- The widget's own files --------------------------------------------------------------------------------------------


@require_GET
@xframe_options_exempt
@cache_control(private=True, max_age=60)
def frame(request: HttpRequest, channel_key: str) -> HttpResponse:
    """The page inside the widget's frame. Only the channel's sites, and our own pages, may frame it."""
    try:
        channel = find_channel(channel_key)
    except DomainError:
        return HttpResponse("There is no chat here.", status=404, content_type="text/plain")
    language = choose_language(request.GET.get("language", ""), request.headers.get("Accept-Language", ""))
    appearance = appearance_of(channel, language=language, origins=sorted(allowed_origins(channel)))
    response = render(
        request, "widget/frame.html", {"appearance": appearance, "digest": folder_digest(), "modules": modules()}
    )
    response._csp_replace = {"frame-ancestors": ["'self'", *site_origins(channel)]}  # type: ignore[attr-defined]
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_GET
def sdk(request: HttpRequest) -> HttpResponse:
    """The one script a site puts on its pages, which then says itself what the launcher looks like."""
    response = _asset_response(request, asset("sdk.js"))
    response["Cache-Control"] = "public, max-age=3600, stale-while-revalidate=86400"
    return response


@require_GET
def channel_sdk(request: HttpRequest, channel_key: str) -> HttpResponse:
    """The same script with a channel's settings in it, so that a changed look needs no change of the site."""
    try:
        channel = find_channel(channel_key)
    except DomainError:
        return HttpResponse("// There is no chat here.", status=404, content_type="text/javascript; charset=utf-8")
    response = _asset_response(request, made_asset(launcher_script(asset("sdk.js").body, channel), ".js"))
    response["Cache-Control"] = "public, max-age=300, stale-while-revalidate=3600"
    return response


@require_GET
def asset_file(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """A file of the frame. Its folder is named by what is in it, so that browsers may keep it for good."""
    try:
        response = _asset_response(request, asset(name))
    except LookupError:
        return HttpResponse(status=404)
    if digest == folder_digest():
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    else:  # a page from before an update asks for what is no more: give it what there is, but not to keep
        response["Cache-Control"] = "no-cache"
    return response


def _asset_response(request: HttpRequest, found: Asset) -> HttpResponse:
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    etag = f'"{found.digest}{"-z" if zipped else ""}"'
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(found.gzipped if zipped else found.body, content_type=found.content_type)
        if zipped:
            response["Content-Encoding"] = "gzip"
    response["ETag"] = etag
    response["Vary"] = "Accept-Encoding"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"  # sites of any origin load these
    return response


# --- REST --------------------------------------------------------------------------------------------------------------


def api(view: Callable[Concatenate[HttpRequest, Channel, P], dict[str, Any]]) -> Callable[..., HttpResponse]:
    """A view that answers with a dict: finds the channel, checks the page's origin, words the refusals."""

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, channel_key: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            channel = find_channel(channel_key)
            origin = request.headers.get("Origin")
            if origin is not None and origin not in allowed_origins(channel):
                raise Forbidden(
                    "origin", gettext("Pages of %(origin)s may not use this chat.") % {"origin": origin[:100]}
                )
            answer, status = view(request, channel, *args, **kwargs), 200
        except DomainError as refusal:
            more = {"errors": [{"field": refusal.field, "message": refusal.message}]} if refusal.field else {}
            answer, status = problem(refusal.status, refusal.code, refusal.message, **more), refusal.status
        except ParseError as refusal:
            answer, status = problem(refusal.status_code, "not_json", str(refusal.detail)), refusal.status_code
        kind = "application/json" if status == 200 else "application/problem+json"
        response = HttpResponse(orjson.dumps(answer), status=status, content_type=kind)
        response["Cache-Control"] = "no-store"
        return response

    return wrapped


def visitor_of(request: HttpRequest, channel: Channel) -> Visitor:
    word, _, token = request.headers.get("Authorization", "").partition(" ")
    return read_token(token.strip() if word.lower() == "bearer" else "", channel=channel, now=timezone.now())


def body_of(request: HttpRequest) -> dict[str, Any]:
    body = parse_json(request.body, max_bytes=MAX_BODY)
    if not isinstance(body, dict):
        raise Invalid("body", gettext("The body must be a JSON object."))
    return body


def number_of(given: Any, name: str) -> int | None:
    """A message id from a query string or body; raises Invalid for anything else that is there."""
    if given in (None, ""):
        return None
    text = str(given)
    if isinstance(given, bool) or not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Invalid(name, gettext("%(name)s must be a message's id.") % {"name": name}, field=name)
    return int(text)


def address_of(request: HttpRequest) -> str:
    headers = [(b"x-forwarded-for", request.headers.get("X-Forwarded-For", "").encode())]
    return client_address({"headers": headers, "client": (request.META.get("REMOTE_ADDR", ""), 0)})


@require_POST
@api
def session(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """Who I am from now on, and my chat so far. {token?, identity?} → {token, visitor, messages, more, state}."""
    check_limits("session", address=address_of(request))
    given, now = body_of(request), timezone.now()
    opened = open_session(channel, token=given.get("token"), identity=given.get("identity"), now=now)
    known = {"known": bool(opened.visitor.subject), "name": opened.visitor.name}
    return {"token": opened.token, "visitor": known, **look(opened.visitor, now=now).body}


@csrf_exempt
@require_http_methods(["GET", "POST"])
def messages(request: HttpRequest, channel_key: str) -> HttpResponse:
    return (say if request.method == "POST" else read)(request, channel_key)


@api
def read(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """?after=id: what is new. ?before=id: the page before. Neither: the newest."""
    visitor = visitor_of(request, channel)
    check_limits("look", visitor=visitor.id, address=address_of(request))
    after, before = (number_of(request.GET.get(name), name) for name in ("after", "before"))
    return look(visitor, after=after, before=before, now=timezone.now()).body


@api
def say(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """{client_id, text, files?, form?, context?} → {client_id}. The same client_id again is the same message.
    `files`: ids of what this visitor has uploaded."""
    visitor = visitor_of(request, channel)
    check_limits("message", visitor=visitor.id, address=address_of(request))
    given = body_of(request)
    sayings.say(
        visitor,
        channel,
        client_id=given.get("client_id"),
        text=given.get("text"),
        files=given.get("files"),
        form=given.get("form"),
        context=given.get("context"),
        now=timezone.now(),
    )
    return {"client_id": given["client_id"]}


@require_POST
@api
def files(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """multipart/form-data with one `file` → {id, name, mime, size}; the id then goes into a message's `files`."""
    visitor = visitor_of(request, channel)
    check_limits("upload", visitor=visitor.id, address=address_of(request))
    if files_of(channel) is None:
        raise Forbidden("no_files", gettext("This chat takes no files. Describe it in words."))
    rules = rules_of(channel.kind, channel.config)
    if int(request.META.get("CONTENT_LENGTH") or 0) > rules.max_file_bytes + MAX_BODY:
        raise Invalid(
            "file_too_large",
            gettext("A file may have %(most)s MB.") % {"most": rules.max_file_bytes // 1_000_000},
            field="file",
            status=413,
        )
    given = request.FILES.get("file")
    if given is None:
        raise Invalid("file", gettext("Send the file as the field “file” of a multipart form."), field="file")
    name = given.name or "file"
    return store_attachment(given, name=name, rules=rules, visitor=visitor.owner, now=timezone.now()).descriptor


@require_safe
def signed_file(request: HttpRequest, token: str) -> HttpResponse:
    """A file by a signed address that was part of a message. It needs nothing else, and ends after minutes."""
    try:
        return file_response(opened(token))
    except NotFound as gone:
        return HttpResponse(gone.message, status=404, content_type="text/plain; charset=utf-8")


@require_POST
@api
def receipts(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """{received: id} or {read: id}: our messages up to this one have arrived, or been seen."""
    visitor = visitor_of(request, channel)
    check_limits("signal", visitor=visitor.id)
    given, moved = body_of(request), 0
    for name in ("received", "read"):
        message_id = number_of(given.get(name), name)
        if message_id is not None:
            moved += mark_received(visitor, message_id=message_id, read=name == "read", now=timezone.now())
    return {"moved": moved}


@require_POST
@api
def typing(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """{on: true|false}"""
    visitor = visitor_of(request, channel)
    check_limits("signal", visitor=visitor.id)
    chat = look(visitor, after=2**62, now=timezone.now())
    if chat.conversation_id is not None:
        body = {"kind": "typing", "on": body_of(request).get("on") is True, "customer": True}
        live.signal(f"conversation.{chat.conversation_id}", body)
    return {}


@require_POST
@api
def survey(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """{score: 1–5, comment?} about the conversation that has ended."""
    visitor = visitor_of(request, channel)
    check_limits("signal", visitor=visitor.id)
    given = body_of(request)
    answer_survey(visitor, channel, score=given.get("score"), comment=given.get("comment"), now=timezone.now())
    return {}


@require_POST
@api
def callback(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """{number, at?, zone?}: call me back, in my place of the line or at a time. 409 when that is not offered now."""
    visitor = visitor_of(request, channel)
    check_limits("callback", visitor=visitor.id, address=address_of(request))
    ask_callback(visitor, body_of(request), now=timezone.now())
    return {}


@require_POST
@api
def end(request: HttpRequest, channel: Channel) -> dict[str, Any]:
    """The visitor ends the conversation."""
    visitor = visitor_of(request, channel)
    check_limits("signal", visitor=visitor.id)
    end_chat(visitor, channel, now=timezone.now())
    return {}
