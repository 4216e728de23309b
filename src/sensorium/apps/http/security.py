"""What every request passes first: Host and Origin checks, the token, security headers, the count of requests."""

from __future__ import annotations

import hmac
import re
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sensorium.apps.http.errors import RequestError
from sensorium.apps.http.metrics import Metrics

LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_HOST = re.compile(r"([a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?|\[[0-9a-f:.]+\])(:([0-9]{1,5}))?", re.I)
_LOOPBACK_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?", re.I)
_MAX_PORT = 65_535
PROTECTED = ("/api/", "/v1/", "/metrics")
"""Paths that need the token; the page itself and /health hold no secret."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), browsing-topics=()",
}


class SecurityMiddleware:
    """ASGI middleware.

    Without a token only this machine's own names are accepted: a web page elsewhere whose name points here (DNS
    rebinding) is refused, as is a request that another site's page makes (its Origin is not this Host).

    Args:
        app: The app behind it.
        metrics: Where requests are counted.
        token: What `Authorization: Bearer …` must say, or "" if everybody who can reach the server may ask.
        routes: The known paths, for the count.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, token: str, routes: frozenset[str]) -> None:
        self._app = app
        self._metrics = metrics
        self._token = token.encode()
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        start = time.monotonic()
        path = scope["path"]
        status = 500
        body_left = _has_body(Headers(scope=scope))

        async def receive_counted() -> Message:
            nonlocal body_left
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                body_left = False
            return message

        async def send_secured(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if body_left:  # what is sent of it later must not keep the connection
                    headers["Connection"] = "close"
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store" if path.startswith(PROTECTED) else "no-cache"
            await send(message)

        try:
            error = self._check(path, Headers(scope=scope))
            if error is not None:
                await error.response()(scope, receive_counted, send_secured)
            else:
                await self._app(scope, receive_counted, send_secured)
        finally:
            self._metrics.count(path if path in self._routes else "other", status, time.monotonic() - start)

    def _check(self, path: str, headers: Headers) -> RequestError | None:
        host = headers.get("host", "")
        named = _HOST.fullmatch(host)
        if named is None or int(named[4] or 0) > _MAX_PORT or len(headers.getlist("origin")) > 1:
            return RequestError(
                403, "The request's Host or Origin isn't a name and a port.", "Open the page's address."
            )
        if not self._token and not _LOOPBACK_HOST.fullmatch(host):
            return RequestError(
                403, "This server answers only its own machine.", "Open it as http://localhost with its port."
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
            return RequestError(403, "Another site's page may not send requests here.", "Open this server's own page.")
        if self._token and path.startswith(PROTECTED):
            credentials = headers.get("authorization", "").removeprefix("Bearer ").encode()
            if not hmac.compare_digest(credentials, self._token):
                hint = "Enter the token at the top of the page, or send Authorization: Bearer TOKEN."
                return RequestError(401, "This server needs an access token.", hint, {"WWW-Authenticate": "Bearer"})
        return None


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip() not in ("", "0")
