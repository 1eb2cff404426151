from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cxos.core import outbound
from cxos.core.outbound import AddressRefused, Unreachable, check_url, is_public, parse, send

HOSTILE = [
    # our own machine, in every spelling
    "http://127.0.0.1/", "http://127.1/", "http://127.0.0.1:6379/", "http://2130706433/", "http://0x7f000001/",
    "http://0x7f.1/", "http://0177.0.0.1/", "http://017700000001/", "http://0/", "http://0.0.0.0/", "http://localhost/",
    "http://LOCALHOST./", "http://127.127.127.127/", "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/",
    "http://１２７.０.０.１/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
    # private, link-local, carrier, test, multicast, reserved
    "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.0.1/", "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/", "http://100.100.100.200/", "http://192.0.0.192/", "http://192.0.2.1/", "http://198.18.0.1/",
    "http://198.51.100.1/", "http://203.0.113.1/", "http://224.0.0.1/", "http://240.0.0.1/", "http://255.255.255.255/",
    "http://168.63.129.16/", "http://192.88.99.1/", "http://[fe80::1]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/",
    "http://[ff02::1]/", "http://[2001:db8::1]/", "http://[3fff::1]/", "http://[fec0::1]/",
    # IPv4 inside IPv6
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/",
    "http://[::ffff:0:7f00:1]/", "http://[2600::5efe:7f00:1]/", "http://[2600::200:5efe:7f00:1]/",
    # read one way by one, another way by another
    "http://example.com@127.0.0.1/", "http://user:pass@example.com/", "http://127.0.0.1\\@example.com/",
    "http://example.com\t/", "http://exam\nple.com/", " http://example.com/", "http://exa mple.com/", "http:///etc/passwd",
    "http://%31%32%37.0.0.1/", "http://[fe80::1%25eth0]/", "http://[::1/", "http://example.com:0/",
    "http://example.com:99999/", "http://-example.com/", "http://" + "a" * 300 + "/", "http://exa*mple.com/", "http://./",
    # not the web
    "file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1:6379/_", "javascript:alert(1)", "//example.com/",
    "dict://127.0.0.1:11211/", "example.com", "", "http://", "data:text/plain,hi", "http://" + "a" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("url", HOSTILE)
def test_hostile_address_is_refused_before_it_is_kept_and_when_it_is_used(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_url(url)
    with pytest.raises(AddressRefused):
        send("POST", url, headers={}, seconds=2)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2600::1", "2a00:1450::5"])
def test_public_address_is_public(address: str) -> None:
    assert is_public(address)


def test_parts_of_an_honest_address() -> None:
    target = parse("https://Müller.example:8443/a b".replace(" ", "%20") + "?q=ü#part")

    assert (target.scheme, target.host, target.port) == ("https", "xn--mller-kva.example", 8443)
    assert target.path == "/a%20b?q=%C3%BC"


def fake_names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the resolver answer in turn; returns the names asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        if host[0].isdigit():
            return real(host, port, *rest, **more)
        addresses = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(outbound.socket, "getaddrinfo", resolve)
    return asked


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_names(monkeypatch, ["8.8.8.8", "10.0.0.1"])

    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        check_url("https://example.com/")


def test_name_that_changes_its_answer_is_checked_at_every_use(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_names(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    check_url("http://rebind.example/")

    with pytest.raises(AddressRefused):
        send("POST", "http://rebind.example/", headers={})


def test_unknown_name_may_be_kept_but_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*args: Any, **more: Any) -> Any:
        raise socket.gaierror("no such name")

    monkeypatch.setattr(outbound.socket, "getaddrinfo", resolve)
    check_url("https://later.example/")

    with pytest.raises(Unreachable, match=r"later\.example"):
        send("POST", "https://later.example/", headers={})


class Odd(BaseHTTPRequestHandler):
    """A server with bad manners, by path."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        if self.path == "/silent":
            time.sleep(3)
        elif self.path == "/redirect":
            self._answer(302, b"", Location="http://169.254.169.254/")
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"x" * 10_000)
        elif self.path == "/drip":
            for byte in b"HTTP/1.1 200 OK\r\nA: " + b"b" * 1000:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)
        else:
            self._answer(201, b"thanks")

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            pass  # the client hung up, as it should


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("CXOS_ALLOWED_PRIVATE_HOSTS", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    server.seen = []  # type: ignore[attr-defined]
    server.url = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_allowed_private_host_is_reached(server: Any) -> None:
    answer = send("POST", f"{server.url}/hook?a=1", headers={"X-Test": "ü"}, body=b"{}", seconds=5)

    assert (answer.status, answer.body) == (201, b"thanks")
    path, headers, body = server.seen[0]
    assert (path, body, headers["Host"]) == ("/hook?a=1", b"{}", f"127.0.0.1:{server.server_port}")


def test_network_and_name_can_be_allowed_too(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for entry in ("127.0.0.0/8", "localhost"):
        monkeypatch.setenv("CXOS_ALLOWED_PRIVATE_HOSTS", entry)
        url = server.url.replace("127.0.0.1", "localhost") if entry == "localhost" else server.url
        assert send("POST", url, headers={}, seconds=5).status == 201
    with pytest.raises(AddressRefused):
        send("POST", server.url.replace("127.0.0.1", "10.0.0.9"), headers={}, seconds=1)


def test_connection_goes_to_the_checked_address_under_the_given_name(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = fake_names(monkeypatch, ["127.0.0.1"])

    send("POST", f"http://shop.example:{server.server_port}/", headers={}, seconds=5)

    assert asked == ["shop.example"]
    assert server.seen[0][1]["Host"] == f"shop.example:{server.server_port}"


def test_redirect_is_not_followed(server: Any) -> None:
    assert send("POST", f"{server.url}/redirect", headers={}, seconds=5).status == 302
    assert len(server.seen) == 1


def test_answer_is_cut_at_its_limit(server: Any) -> None:
    assert len(send("POST", f"{server.url}/endless", headers={}, seconds=5).body) == outbound.MAX_ANSWER_BYTES


@pytest.mark.parametrize("path", ["/silent", "/drip"])
def test_slow_answer_ends_at_the_deadline(server: Any, path: str) -> None:
    with pytest.raises(Unreachable, match=r"within 0\.3 s"):
        send("POST", server.url + path, headers={}, seconds=0.3)


def test_closed_port_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXOS_ALLOWED_PRIVATE_HOSTS", "127.0.0.1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable):
            send("POST", f"http://127.0.0.1:{free.getsockname()[1]}/", headers={}, seconds=2)


def test_proxy_of_the_environment_is_ignored(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")

    assert send("POST", server.url, headers={}, seconds=5).status == 201
