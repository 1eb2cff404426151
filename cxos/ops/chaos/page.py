"""An agent's page that stays open through every fault: signed in, with a socket, showing the list nobody holds.

It does what `static/js/live-regions.js` does: fetch the list when a hint names it, and when the line is back. So what it
shows in the end is right only if the hints, the resync and the session have come through.
"""

import base64
import hashlib
import http.client
import http.cookiejar
import json
import random
import re
import threading
import time
import urllib.parse
import urllib.request
from contextlib import closing

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from cxos.ops.bench.product import Product
from cxos.ops.daemon import wait_until
from cxos.ops.errors import CannotRun

EMAIL, PASSWORD = "bench@example.com", "only-for-this-throw-away-installation"
GAP_SECONDS = 1.0  # between two fetches; a page's is shorter
HEARTBEAT_SECONDS = 10.0
SILENCE_SECONDS = 25.0
AWAY = (OSError, http.client.HTTPException, WebSocketException)
ROW = re.compile(r'<li id="conversation-row-.*?</li>', re.DOTALL)
MOVING = re.compile(r"<cx-time.*?</cx-time>|<cx-countdown.*?</cx-countdown>", re.DOTALL)


class SignedOut(Exception):
    """The page was sent to sign in again."""


class Page(threading.Thread):
    """`shown`: the rows as last fetched. `connected`: whether the line is open and has brought its first answer."""

    def __init__(self, url: str, socket_url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.socket_url = url, socket_url
        self.shown: list[str] = []
        self.connected = False
        self.signed_out = False
        self._stop_asked = threading.Event()
        self._cookies = http.cookiejar.CookieJar()
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    def sign_in(self) -> None:
        """Raises CannotRun."""
        self._browser.open(f"{self.url}/login/", timeout=20).read()
        form = {"username": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": self._cookie("cxos_csrf")}
        self._browser.open(f"{self.url}/login/", urllib.parse.urlencode(form).encode(), timeout=20).read()
        if not self._cookie("cxos_session"):
            raise CannotRun("The agent of the open page could not sign in.")

    def run(self) -> None:
        attempt = 0
        while not self._stop_asked.is_set():
            try:
                with self._line() as line:
                    attempt = 0
                    self._listen(line)
            except SignedOut:
                self.signed_out = True
                return
            except AWAY:
                pause = min(30.0, 0.5 * 2**attempt)
                attempt += 1
                self._stop_asked.wait(pause * random.uniform(0.5, 1))
            finally:
                self.connected = False

    def close(self) -> None:
        self._stop_asked.set()
        self.join(20)

    def rows(self) -> list[str]:
        """As a page opened just now shows them. Raises SignedOut, and what AWAY names."""
        with self._browser.open(f"{self.url}/workspace/list/?tab=unassigned", timeout=20) as answer:
            if "/login/" in answer.url:
                raise SignedOut
            return [MOVING.sub("", row) for row in ROW.findall(answer.read().decode())]

    def problems(self, *, seconds: float) -> list[str]:
        """What is wrong with it `seconds` after all is calm; a sentence each."""
        if wait_until(self._is_right, seconds=seconds, every=0.5):
            return []
        if self.signed_out:
            return ["The open page was signed out."]
        line = "shows another list than a page opened now" if self.connected else "has no line"
        return [f"{seconds:g} s after all was calm the open page {line}."]

    def _is_right(self) -> bool:
        try:
            return self.rows() == self.shown != [] and self.connected
        except SignedOut:
            self.signed_out = True
        except AWAY:
            pass
        return False

    def _cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self._cookies if cookie.name == name), "")

    def _line(self) -> ClientConnection:
        headers = {"Cookie": f"cxos_session={self._cookie('cxos_session')}"}
        address, origin = f"{self.socket_url}/ws/live/", Origin(self.url)
        return connect(
            address, origin=origin, additional_headers=headers, open_timeout=10, close_timeout=2, ping_interval=None
        )

    def _listen(self, line: ClientConnection) -> None:
        """Until the line is lost; a line that says nothing for too long is lost as well."""
        line.send(json.dumps({"subscribe": ["inbox"]}))
        self._fetch()
        self.connected = True
        heard = beaten = fetched = time.monotonic()
        stale = False
        while not self._stop_asked.is_set() and time.monotonic() - heard < SILENCE_SECONDS:
            if time.monotonic() - beaten > HEARTBEAT_SECONDS:
                line.send(json.dumps({"heartbeat": True}))
                beaten = time.monotonic()
            if stale and time.monotonic() - fetched > GAP_SECONDS:
                stale = False
                self._fetch()
                fetched = time.monotonic()
            try:
                message = json.loads(line.recv(timeout=0.2))
            except TimeoutError:
                continue
            heard = time.monotonic()
            stale |= bool(message.get("resync") or "version" in message)

    def _fetch(self) -> None:
        """What cannot be had just now is asked for again with the next hint."""
        try:
            self.shown = self.rows()
        except AWAY:
            pass


def open_page(product: Product) -> Page:
    salt, rounds = "chaos", 1000
    digest = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt.encode(), rounds)
    password = f"pbkdf2_sha256${rounds}${salt}${base64.b64encode(digest).decode()}"
    with closing(product.servers.postgres.connect("cxos")) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE core_user SET password = %s WHERE email = %s", (password, EMAIL))
    page = Page(product.url, product.socket_url)
    page.sign_in()
    page.start()
    return page
