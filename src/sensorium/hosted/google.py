"""Google's Gemini service: the SDK's client, its failures, and files that are too large for a question."""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sensorium.core.blob import Blob
from sensorium.core.errors import InstallError, MediaError, SensoriumError
from sensorium.hosted import failures
from sensorium.hosted.keys import Key, need

if TYPE_CHECKING:
    import httpx2
    from google import genai

INSTALL_HINT = 'Type: pip install "sensorium[gemini]"'
VARIABLES = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
_FIRST_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.25, 5.0
_DELETE_SECONDS = 10.0


class Uploaded(NamedTuple):
    """A file that the service holds: its name there, the address that questions use, and its media type."""

    name: str
    uri: str
    media_type: str


def key(name: str) -> Key:
    """Return the key, or raise AccessError; `name` is the model's."""
    return need(VARIABLES, name)


def client(key: Key, url: str | None = None) -> tuple[genai.Client, httpx2.Client]:
    """Make the SDK's client, without retries of its own, and the HTTP client beneath it, which the caller closes.

    Raises:
        InstallError: when the SDK is not installed.
    """
    try:
        from google import genai
    except ImportError:
        raise InstallError("Gemini needs the package google-genai.", INSTALL_HINT) from None
    from sensorium.hosted.http_client import client as http_client

    http = http_client()
    options = genai.types.HttpOptions(base_url=url, httpx_client=http)
    log = logging.getLogger("google_genai._api_client")
    log.addFilter(_not_of_keys)
    try:
        return genai.Client(api_key=key.reveal(), vertexai=False, http_options=options), http
    finally:
        log.removeFilter(_not_of_keys)


def _not_of_keys(record: logging.LogRecord) -> bool:
    """Drop the SDK's word on which of two keys it takes: it is given one, maybe the other."""
    return "GOOGLE_API_KEY" not in record.getMessage()


@contextmanager
def told(name: str, key: Key, seconds: float) -> Iterator[None]:
    """Turn what the SDK raises in the block into errors that a person can mend."""
    import httpx2
    from google.genai import errors

    try:
        yield
    except httpx2.TimeoutException:
        raise failures.too_slow(name, seconds) from None
    except (httpx2.RemoteProtocolError, httpx2.ReadError):
        raise failures.cut(name) from None
    except httpx2.TransportError as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise failures.unreachable(
            name, str(error.request.url.host), reason, "Look at your network connection."
        ) from None
    except errors.APIError as error:
        found = _refused(name, error, key)
        error.args = ()  # a debugger shows what frames hold, and a service may have quoted the key
        raise found from None
    except (ValueError, KeyError) as error:  # the SDK's own of replies that it can't read
        raise failures.malformed(name, failures.quote(str(error), key).removeprefix(": ")) from None


def _refused(name: str, error: Any, key: Key) -> SensoriumError:
    said = str(error.message or error.details or "")
    status = error.code if isinstance(error.code, int) else 500
    everything = str(error.details)
    if status == 400 and ("API_KEY_INVALID" in everything or "API key not valid" in said):
        status = 401  # Google calls a wrong key an invalid argument
    headers = dict(getattr(error.response, "headers", None) or {})
    # google.rpc.RetryInfo, https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
    wait = re.search(r"'retryDelay': '([\d.]+)s'", everything)
    if wait and "retry-after" not in {header.lower() for header in headers}:
        headers["Retry-After"] = wait[1]
    return failures.refused(name, status, said, headers, key)


def upload(client: genai.Client, blob: Blob, media_type: str, deadline: float) -> Uploaded:
    """Upload a file and wait until the service has made it ready; to be called within `told`.

    Args:
        client: The SDK's client.
        blob: The file.
        media_type: Its media type.
        deadline: When it must be ready, by `time.monotonic`.

    Raises:
        MediaError: when the service can't use it.
    """
    import httpx2

    file = client.files.upload(
        file=io.BytesIO(blob.data),
        config={"mime_type": media_type, "http_options": {"timeout": _left(deadline)}},
    )
    pause = _FIRST_POLL_SECONDS
    while _state(file) not in ("ACTIVE", "FAILED"):
        if time.monotonic() + pause > deadline:
            discard(client, str(file.name))
            raise httpx2.ReadTimeout("The file was not ready in time.")
        time.sleep(pause)
        pause = min(_LONGEST_POLL_SECONDS, 1.5 * pause)
        file = client.files.get(name=str(file.name), config={"http_options": {"timeout": _left(deadline)}})
    if _state(file) == "FAILED":
        discard(client, str(file.name))
        raise MediaError(f"{blob.shown} can't be used by Gemini.", "Convert it to MP4, WAV, JPEG or PNG first.")
    return Uploaded(str(file.name), str(file.uri), str(file.mime_type or media_type))


def discard(client: genai.Client, name: str) -> None:
    """Delete an uploaded file; where that fails the service deletes it after two days by itself."""
    import httpx2
    from google.genai import errors

    try:
        client.files.delete(name=name, config={"http_options": {"timeout": int(_DELETE_SECONDS * 1000)}})
    except (httpx2.HTTPError, errors.APIError, ValueError):
        pass


def milliseconds(seconds: float) -> int:
    """Return the SDK's unit of time-outs; at least one."""
    return max(1, int(seconds * 1000))


def _left(deadline: float) -> int:
    return milliseconds(deadline - time.monotonic())


def _state(file: Any) -> str:
    return str(getattr(file.state, "value", file.state) or "ACTIVE")
