"""How a file of somebody else's leaves our origin: as something to save, never as something to run."""

from __future__ import annotations

from django.http import FileResponse
from django.utils.http import content_disposition_header

from channels_app.file_types import INLINE
from channels_app.models import Attachment
from channels_app.services.attachments import read_bytes

KEPT_SECONDS = 3_600
SANDBOX = "default-src 'none'; sandbox"


def file_response(attachment: Attachment, *, save: bool = False) -> FileResponse:
    """Pictures may be shown where they stand; everything else, and what is asked for with `save`, is downloaded.
    Raises NotFound when the storage has lost it."""
    shown = attachment.mime in INLINE and not save
    response = FileResponse(read_bytes(attachment), content_type=attachment.mime)
    response["Content-Disposition"] = content_disposition_header(not shown, attachment.name) or "attachment"
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = f"private, max-age={KEPT_SECONDS}, immutable"
    response["ETag"] = f'"{attachment.digest[:32]}"'
    return response
