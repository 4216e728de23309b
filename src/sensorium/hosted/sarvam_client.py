"""Sarvam's SDK: one client with a deadline, retries and our errors."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sensorium.core.errors import SensoriumError
from sensorium.core.retry import retrying, seconds_left
from sensorium.core.weights import importing
from sensorium.hosted import failures
from sensorium.hosted.keys import require_key

if TYPE_CHECKING:
    import sarvamai

    Endpoint = Callable[[sarvamai.SarvamAI], Callable[..., Any]]

KEY_VARIABLE = "SARVAM_API_KEY"
TIMEOUT_SECONDS = 60.0
"""The longest wait for one call, retries included."""
RETRIES = 2


class SarvamClient:
    """A client whose calls have a deadline and are retried.

    Args:
        name: The model's name in messages.
        url: The server's address.

    Raises:
        AccessError: when the key is missing.
    """

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self.timeout_seconds = TIMEOUT_SECONDS
        self.retries = RETRIES
        self._key = require_key((KEY_VARIABLE,), name)

    def call(self, endpoint: Endpoint, payload: dict[str, Any]) -> Any:
        """Call the SDK's function that `endpoint` returns with `payload`, and return the response."""
        deadline = time.monotonic() + self.timeout_seconds
        return retrying(lambda: self._call_once(endpoint, payload, deadline), self.retries, deadline)

    def _call_once(self, endpoint: Endpoint, payload: dict[str, Any], deadline: float) -> Any:
        client = self._client
        import httpx
        import pydantic
        from sarvamai.core.api_error import ApiError

        # The SDK's own retries would leave the form's fields out of the second request (seen in 0.1.39).
        options = {"max_retries": 0, "timeout_in_seconds": seconds_left(deadline)}
        try:
            with failures.transport_errors(httpx, self.name, self.timeout_seconds, self.url):
                return endpoint(client)(**payload, request_options=options)
        except ApiError as error:
            raise self._status_error(error) from None
        except (pydantic.ValidationError, ValueError) as error:
            raise failures.unexpected_response(self.name, " ".join(str(error).split())[:200]) from None

    def _status_error(self, error: Any) -> SensoriumError:
        status = error.status_code or 500
        message = failures.error_words(error.body)
        if status < 300:
            return failures.unexpected_response(self.name, message)
        return failures.status_error(self.name, status, message, error.headers or {}, self._key)

    @cached_property
    def _client(self) -> sarvamai.SarvamAI:
        with importing("sarvam"):
            import sarvamai
        import httpx

        from sensorium.hosted.http_client import client

        http = client(httpx)
        weakref.finalize(self, http.close)
        environment = sarvamai.SarvamAIEnvironment(
            base=self.url, creative=f"{self.url}/dubbing", production=self.url.replace("http", "ws", 1)
        )
        return sarvamai.SarvamAI(api_subscription_key=self._key.reveal(), environment=environment, httpx_client=http)
