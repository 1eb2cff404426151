"""The one HTTP client for addresses that people configure. It cannot be talked into reaching our own network.

The host is resolved once, every address it has must be public, and the connection goes to an address that was checked,
with the name kept for TLS and the Host header. No redirects, no proxies, one deadline for everything, a bounded answer.
Hosts inside the operator's network need an entry in CXOS_ALLOWED_PRIVATE_HOSTS (names, addresses, networks).
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, TimeoutError as ResolverTimeout
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

import certifi
import httpcore

from cxos import env
from cxos.core.errors import Invalid

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
PORTS = {"http": 80, "https": 443}
MAX_URL = 2_000
MAX_ANSWER_BYTES = 65_536
CHUNK = 65_536
RESOLVE_SECONDS = 3.0
USER_AGENT = b"CXOS"

# Public by the registry, yet never somebody's web service, or able to carry a private address inside.
REFUSED_NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
]  # fmt: skip
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
ISATAP = (0x00005EFE, 0x02005EFE)


class AddressRefused(Invalid):
    """An address we do not connect to, and why. Permanent: trying again will not help."""

    def __init__(self, message: str) -> None:
        super().__init__("address_refused", message, field="url")


class Unreachable(Exception):
    """The other side could not be reached, or did not answer in time. May pass."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is cut after as many bytes as were asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Target:
    scheme: str
    host: str  # in ASCII; an IPv6 address without brackets
    port: int
    path: str


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    seconds: float = 10.0,
    most_bytes: int = MAX_ANSWER_BYTES,
) -> Answer:
    """One request, over within `seconds`; of the answer `most_bytes` at most. Raises AddressRefused, Unreachable. A redirect is an answer like any other."""
    deadline = time.monotonic() + seconds
    target = parse(url)
    given = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
    pool = httpcore.ConnectionPool(
        ssl_context=_tls(), network_backend=_CheckedBackend(deadline), max_connections=1, http1=True, http2=False
    )
    address = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    waits = {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}
    try:
        with pool, pool.stream(
            method, address, headers=[(b"User-Agent", USER_AGENT), *given], content=body, extensions={"timeout": waits}
        ) as response:  # fmt: skip
            return Answer(
                status=response.status,
                headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers},
                body=_bounded(response, most_bytes),
            )
    except httpcore.TimeoutException:
        raise Unreachable(f"{target.host} did not answer within {seconds:g} s.") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as problem:
        raise Unreachable(
            f"{target.host} could not be reached: {str(problem)[:150] or type(problem).__name__}"
        ) from None


def check_url(url: str) -> None:
    """Refuse an address before it is kept; raises AddressRefused. A name that does not resolve just now passes:
    every delivery checks again."""
    target = parse(url)
    try:
        addresses_of(target.host, target.port, seconds=RESOLVE_SECONDS)
    except Unreachable:
        return


def parse(url: str) -> Target:
    """The parts of an absolute http(s) URL; raises AddressRefused for anything that two readers could read in two ways."""
    if not isinstance(url, str) or not 0 < len(url) <= MAX_URL:
        raise AddressRefused(f"An address has 1 to {MAX_URL} characters.")
    if not url.isprintable() or " " in url or "\\" in url:
        raise AddressRefused("The address holds a blank, a control character or a backslash.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("The address is no URL.") from None
    if parts.scheme not in PORTS:
        raise AddressRefused("The address must start with http:// or https://.")
    if "@" in parts.netloc:
        raise AddressRefused("The address must not hold a user name or password.")
    if port == 0:
        raise AddressRefused("Port 0 does not exist.")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?") if parts.query else ""
    return Target(parts.scheme, _host(parts.hostname), port or PORTS[parts.scheme], path + query)


def _host(name: str | None) -> str:
    if not name:
        raise AddressRefused("The address names no host.")
    if ":" in name:
        try:
            return str(ipaddress.IPv6Address(name.replace("%", "a zone is not valid")))
        except ValueError:
            raise AddressRefused("The address holds no valid IPv6 address.") from None
    try:
        ascii_name = name.encode("idna").decode().lower().removesuffix(".")
    except UnicodeError:
        raise AddressRefused("The host's name is not valid.") from None
    if len(ascii_name) > 253 or not HOST.fullmatch(ascii_name):
        raise AddressRefused("The host's name is not valid.")
    return ascii_name


def addresses_of(host: str, port: int, *, seconds: float) -> list[str]:
    """Every address of the host; raises AddressRefused if a single one is not public, Unreachable if there are none."""
    future = _resolvers().submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = future.result(timeout=max(0.0, min(seconds, RESOLVE_SECONDS)))
    except ResolverTimeout:
        raise Unreachable(f"The name {host} could not be resolved in time.") from None
    except (OSError, UnicodeError):
        raise Unreachable(f"The name {host} could not be resolved.") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    allowed = allowed_private_hosts()
    for address in addresses:
        if not is_public(address) and not _is_allowed(host, address, allowed):
            raise AddressRefused(
                f"{host} leads to {address}, which is not on the public internet. "
                "An operator can allow it in CXOS_ALLOWED_PRIVATE_HOSTS."
            )
    return addresses


def is_public(text: str) -> bool:
    """Whether this IP address belongs to the public internet and hides no other address inside."""
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:  # with a zone
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address not in GLOBAL_UNICAST or (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
            return False
    elif address.is_reserved or address.is_multicast:
        return False
    return address.is_global and not any(
        address in network for network in REFUSED_NETWORKS if network.version == address.version
    )


def allowed_private_hosts() -> frozenset[str]:
    return env.private_hosts("CXOS_ALLOWED_PRIVATE_HOSTS")


def _is_allowed(host: str, address: str, allowed: frozenset[str]) -> bool:
    if host in allowed or address in allowed:
        return True
    return any(ipaddress.ip_address(address) in network for network in _networks(allowed))


@lru_cache(maxsize=8)
def _networks(allowed: frozenset[str]) -> list[Any]:
    return [ipaddress.ip_network(entry, strict=False) for entry in allowed if "/" in entry]


@lru_cache(maxsize=1)
def _resolvers() -> ThreadPoolExecutor:
    """The system's resolver knows no deadline; so it is asked in a thread that may be left behind."""
    return ThreadPoolExecutor(max_workers=16, thread_name_prefix="resolver")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """The system's authorities, so that an operator can add one, and the public ones where the system has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _bounded(response: httpcore.Response, most_bytes: int) -> bytes:
    body = b""
    for chunk in response.iter_stream():
        body += chunk
        if len(body) >= most_bytes:
            return body[:most_bytes]
    return body


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to a checked address, never to a name, and lets nothing outlast the deadline."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        problem: Exception = Unreachable(f"The name {host} has no address.")
        for address in addresses_of(host, port, seconds=_left(self.deadline)):
            try:
                stream = httpcore.SyncBackend().connect_tcp(
                    address, port, _left(self.deadline), local_address, socket_options or []
                )
            except httpcore.ConnectError as failed:
                problem = failed
            else:
                return _TimedStream(stream, self.deadline)
        raise problem


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every wait ends at the deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self.stream, self.deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _left(self.deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), CHUNK):
            self.stream.write(buffer[start : start + CHUNK], _left(self.deadline))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self.stream.start_tls(ssl_context, server_hostname, _left(self.deadline)), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
