"""Sarvam's SDK: one client, with a deadline, patience, and errors that a person can mend."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sensorium.core.errors import InstallError
from sensorium.core.retry import retrying, seconds_left
from sensorium.hosted import failures
from sensorium.hosted.keys import need

if TYPE_CHECKING:
    import sarvamai

    Pick = Callable[[sarvamai.SarvamAI], Callable[..., Any]]

INSTALL_HINT = 'Type: pip install "sensorium[sarvam]"'
KEY = "SARVAM_API_KEY"
TIMEOUT_SECONDS = 60.0
"""The longest wait for one request, its second and third tries included."""
RETRIES = 2


class Service:
    """One client; every call has a deadline, and what may pass is tried again.

    Args:
        name: What messages call it.
        url: The server's address.

    Raises:
        AccessError: when there is no key.
    """

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self.timeout_seconds = TIMEOUT_SECONDS
        self.retries = RETRIES
        self._key = need((KEY,), name)

    def call(self, pick: Pick, payload: dict[str, Any]) -> Any:
        """Call the function of the SDK that `pick` chooses with `payload`, and give what it answers."""
        deadline = time.monotonic() + self.timeout_seconds
        return retrying(lambda: self._once(pick, payload, seconds_left(deadline)), self.retries, deadline)

    def _once(self, pick: Pick, payload: dict[str, Any], seconds: float) -> Any:
        client = self._client
        import httpx
        import pydantic
        from sarvamai.core.api_error import ApiError

        # The SDK's own tries would leave the form's fields out of the second request (seen in 0.1.39).
        how = {"max_retries": 0, "timeout_in_seconds": seconds}
        try:
            return pick(client)(**payload, request_options=how)
        except httpx.TimeoutException:
            raise failures.too_slow(self.name, self.timeout_seconds) from None
        except (httpx.RemoteProtocolError, httpx.ReadError):
            raise failures.cut(self.name) from None
        except httpx.HTTPError as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise failures.unreachable(self.name, self.url, reason, "Look at your network connection.") from None
        except ApiError as error:
            status = error.status_code or 500
            said = _said(error.body)
            if status < 300:
                raise failures.malformed(self.name, said) from None
            raise failures.refused(self.name, status, said, error.headers or {}, self._key) from None
        except (pydantic.ValidationError, ValueError) as error:
            raise failures.malformed(self.name, " ".join(str(error).split())[:200]) from None

    @cached_property
    def _client(self) -> sarvamai.SarvamAI:
        try:
            import sarvamai
        except ImportError:
            raise InstallError(f"{self.name} needs the package sarvamai.", INSTALL_HINT) from None
        from sensorium.hosted.httpx_client import client

        made = client()
        weakref.finalize(self, made.close)
        where = sarvamai.SarvamAIEnvironment(
            base=self.url, creative=f"{self.url}/dubbing", production=self.url.replace("http", "ws", 1)
        )
        return sarvamai.SarvamAI(api_subscription_key=self._key.reveal(), environment=where, httpx_client=made)


def _said(body: object) -> str:
    """Find the words in an error's body: {"error": {"message", "code"}}, FastAPI's {"detail"}, or plain text."""
    if isinstance(body, dict):
        inner = body.get("error", body)
        if isinstance(inner, dict):
            words = str(inner.get("message") or inner.get("detail") or "")
            code = inner.get("code")
            return f"{words} ({code})" if isinstance(code, str) and code else words
        return str(inner)
    return body if isinstance(body, str) else ""
