"""The other system: replies are posted to it, signed by Standard Webhooks. It keeps what came, and what was signed wrongly."""

import base64
import hashlib
import hmac
import json
import os
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.fernet import Fernet

from cxos.ops.bench.installation import CHANNEL
from cxos.ops.bench.product import Product


class Receiver:
    """`got`: how often each message came, by the id of the customer's message it answers and its own. To be sent twice is
    allowed when who sent it died before it was noted; then it has the same id."""

    def __init__(self) -> None:
        self.secret = os.urandom(32)
        self.url = ""
        self.got: Counter[tuple[str, str]] = Counter()
        self.badly_signed = 0
        self.lock = threading.Lock()

    def take(self, headers: dict[str, str], raw: bytes) -> None:
        with self.lock:
            if self.is_signed(headers, raw):
                self.got[json.loads(raw)["data"]["in_reply_to"] or "", headers["webhook-id"]] += 1
            else:
                self.badly_signed += 1

    def is_signed(self, headers: dict[str, str], raw: bytes) -> bool:
        signed = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + raw
        right = "v1," + base64.b64encode(hmac.digest(self.secret, signed, hashlib.sha256)).decode()
        return right in headers.get("webhook-signature", "").split()

    def problems(self, acknowledged: Collection[str]) -> list[str]:
        """A sentence each for replies that never came, came as two messages, or were signed wrongly."""
        with self.lock:
            messages = Counter(answered for answered, _ in self.got)
            badly_signed = self.badly_signed
        missing = sum(not messages[one] for one in acknowledged)
        doubled = sum(messages[one] > 1 for one in acknowledged)
        return [
            f"{count} {what}."
            for count, what in (
                (missing, "replies never came to the other system"),
                (doubled, "replies came to the other system as two messages"),
                (badly_signed, "posts to the other system were signed wrongly"),
            )
            if count
        ]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.take({name.lower(): value for name, value in self.headers.items()}, raw)
            self.send_response(204)
            self.end_headers()

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                pass  # whoever posted has died

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/replies"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def send_replies_to(receiver: Receiver, product: Product) -> None:
    """From now on what the channel says is posted there."""
    secrets = {"signing_secrets": ["whsec_" + base64.b64encode(receiver.secret).decode()]}
    box = Fernet(product.installation.environment["CXOS_FIELD_KEYS"])
    with closing(product.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE channels_app_channel SET config = config || %s::jsonb, secrets = %s WHERE key = %s",
            (json.dumps({"reply_url": receiver.url}), box.encrypt(json.dumps(secrets).encode()), CHANNEL),
        )
