"""Fetch the file of a web address that a person typed: public servers only, bounded in size and time.

Only the command line does this; a server never fetches what a client names.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from sensorium.core.errors import MediaError, quoted

MAX_BYTES = 50_000_000
"""The largest file that is fetched."""
MAX_REDIRECTS = 5
TIMEOUT_SECONDS = 20.0
"""Longest wait for a connection, and for the next bytes."""
MAX_SECONDS = 120.0
"""Longest time for all of it."""
_REDIRECTS = (301, 302, 303, 307, 308)
_SAFE = "/%:@!$&'()*+,;=~-._?"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HINT = "Download it yourself, and give the file."

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, also by the IPv4 address that an IPv6 address carries."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def fetch(url: str, allowed: Callable[[Address], bool] = is_public) -> bytes:
    """Return the bytes at an http or https address.

    The server's address is resolved once and checked before anything is sent, and again for every redirect.

    Raises:
        MediaError: if the address isn't allowed, or what is there is too large, late or missing.
    """
    deadline = time.monotonic() + MAX_SECONDS
    at = url
    for _ in range(MAX_REDIRECTS + 1):
        status, body_or_location = _get(_checked(at, url), allowed, deadline)
        if status == 200:
            return body_or_location
        moved = urljoin(at, body_or_location.decode("utf-8", "replace"))
        if urlsplit(at).scheme == "https" and urlsplit(moved).scheme == "http":
            raise MediaError(f"{_shown(url)} leads from https to http.", _HINT)
        at = moved
    raise MediaError(f"{_shown(url)} leads on more than {MAX_REDIRECTS} times.", _HINT)


def _checked(url: str, first: str) -> SplitResult:
    shown = _shown(url) if url == first else f"{_shown(first)} leads to {_shown(url)}, which"
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise MediaError(f"{shown} isn't an http or https address.", "Check the spelling.")
    if parts.username is not None or parts.password is not None:
        raise MediaError("The address has a name or password in it, which isn't sent.", _HINT)
    return parts


def _get(parts: SplitResult, allowed: Callable[[Address], bool], deadline: float) -> tuple[int, bytes]:
    """Return 200 and the bytes, or a redirect's status and where it leads."""
    shown = _shown(parts.geturl())
    connection = _connection(parts, allowed)
    opened = ExitStack()
    try:
        target = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
        connection.request("GET", target, headers={"User-Agent": "sensorium", "Accept-Encoding": "identity"})
        response = opened.enter_context(connection.getresponse())
        location = response.getheader("Location")
        if response.status in _REDIRECTS and location:
            return response.status, location.encode("utf-8", "replace")
        if response.status != 200:
            raise MediaError(f"{shown} answered with status {response.status}.", "Check the address in a browser.")
        length = response.getheader("Content-Length") or ""
        if length.isdigit() and int(length) > MAX_BYTES:
            raise _too_large(shown)
        return 200, _body(response, shown, deadline)
    except TimeoutError:
        raise MediaError(f"{shown} did not answer in {TIMEOUT_SECONDS:g} s.", "Try again.") from None
    except ssl.SSLCertVerificationError as error:
        raise MediaError(f"{shown} has no valid certificate: {error.verify_message}.", _HINT) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise MediaError(f"{shown} can't be fetched: {' '.join(str(reason).split())[:120]}.", _HINT) from None
    finally:
        opened.close()
        connection.close()


def _body(response: http.client.HTTPResponse, shown: str, deadline: float) -> bytes:
    body = bytearray()
    while piece := response.read1(1 << 16):
        body += piece
        if len(body) > MAX_BYTES:
            raise _too_large(shown)
        if time.monotonic() > deadline:
            raise MediaError(f"{shown} was not whole after {MAX_SECONDS:g} s.", "Try again.")
    if response.length:
        raise MediaError(f"{shown} ended {response.length} bytes too early.", "Try again.")
    return bytes(body)


def _connection(parts: SplitResult, allowed: Callable[[Address], bool]) -> http.client.HTTPConnection:
    """Return a connection to the address that was checked, so that the name can't mean another one a moment later."""
    host, secure = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = _resolved(host, port, allowed)
    if secure:
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    # http.client opens its socket with this; it passes (host, port), timeout and the source's address
    connection._create_connection = lambda _, *rest: socket.create_connection((address, port), *rest)  # type: ignore[attr-defined]
    return connection


def _resolved(host: str, port: int, allowed: Callable[[Address], bool]) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise MediaError(f"No server {_shown(host)} was found.", "Check the address and the network.") from None
    addresses = [str(row[4][0]).partition("%")[0] for row in found]
    for address in addresses:
        if not allowed(ipaddress.ip_address(address)):
            raise MediaError(f"{_shown(host)} is the private address {address}, from which nothing is fetched.", _HINT)
    return addresses[0]


def _too_large(shown: str) -> MediaError:
    return MediaError(f"{shown} has more than {MAX_BYTES / 1e6:.0f} MB.", _HINT)


def _shown(url: str) -> str:
    return quoted(url if len(url) <= 80 else f"{url[:79]}…")
