"""Google's Gemini service: the SDK's client, its errors, and uploads of files too large for a request."""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sensorium.core.blob import Blob
from sensorium.core.errors import MediaError, SensoriumError
from sensorium.core.weights import importing
from sensorium.hosted import failures
from sensorium.hosted.keys import Key
from sensorium.media.sniff import media_type

if TYPE_CHECKING:
    import httpx2
    from google import genai

KEY_VARIABLES = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
_FIRST_POLL_SECONDS, _MAX_POLL_SECONDS = 0.25, 5.0
_DELETE_SECONDS = 10.0


class UploadedFile(NamedTuple):
    """A file at the service: its name there, the address that requests use, and its media type."""

    name: str
    uri: str
    media_type: str


def make_client(key: Key, url: str | None = None) -> tuple[genai.Client, httpx2.Client]:
    """Return the SDK's client, without retries of its own, and the HTTP client beneath it, which the caller closes.

    Raises:
        InstallError: when the SDK is not installed.
    """
    with importing("gemini", "google-genai"):
        from google import genai
    import httpx2

    from sensorium.hosted.http_client import client

    http = client(httpx2)
    options = genai.types.HttpOptions(base_url=url, httpx_client=http)
    log = logging.getLogger("google_genai._api_client")
    log.addFilter(_not_about_keys)
    try:
        return genai.Client(api_key=key.reveal(), vertexai=False, http_options=options), http
    finally:
        log.removeFilter(_not_about_keys)


def _not_about_keys(record: logging.LogRecord) -> bool:
    """Drop the SDK's note on which of two variables it reads: it is given a key, maybe the other one."""
    return "GOOGLE_API_KEY" not in record.getMessage()


@contextmanager
def service_errors(name: str, key: Key, seconds: float) -> Iterator[None]:
    """Turn what the SDK raises in the block into our errors."""
    import httpx2
    from google.genai import errors

    try:
        with failures.transport_errors(httpx2, name, seconds):
            yield
    except errors.APIError as error:
        ours = _status_error(name, error, key)
        error.args = ()  # a debugger shows the values in frames, and a service may have quoted the key
        raise ours from None
    except (ValueError, KeyError) as error:  # the SDK's own, of responses that it can't read
        raise failures.unexpected_response(name, key.redact(str(error))) from None


def _status_error(name: str, error: Any, key: Key) -> SensoriumError:
    message = str(error.message or error.details or "")
    status = error.code if isinstance(error.code, int) else 500
    details = str(error.details)
    if status == 400 and ("API_KEY_INVALID" in details or "API key not valid" in message):
        status = 401  # Google calls a wrong key an invalid argument
    headers = dict(getattr(error.response, "headers", None) or {})
    # google.rpc.RetryInfo, https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
    wait = re.search(r"'retryDelay': '([\d.]+)s'", details)
    if wait and "retry-after" not in {header.lower() for header in headers}:
        headers["Retry-After"] = wait[1]
    return failures.status_error(name, status, message, headers, key)


@contextmanager
def uploads(client: genai.Client, blobs: Iterable[Blob], deadline: float) -> Iterator[dict[str, UploadedFile]]:
    """Upload files for the block, as digest -> file, and delete them afterwards; to be used within `service_errors`.

    Args:
        client: The SDK's client.
        blobs: The files.
        deadline: When they must be ready, by `time.monotonic`.

    Raises:
        MediaError: when the service can't use one.
    """
    files: dict[str, UploadedFile] = {}
    try:
        for blob in blobs:
            files[blob.digest] = _upload(client, blob, deadline)
        yield files
    finally:
        for file in files.values():
            _delete(client, file.name)


def _upload(client: genai.Client, blob: Blob, deadline: float) -> UploadedFile:
    import httpx2

    kind = media_type(blob.data) or "application/octet-stream"
    config: Any = {"mime_type": kind, "http_options": timeout_options(deadline)}
    file = client.files.upload(file=io.BytesIO(blob.data), config=config)
    pause = _FIRST_POLL_SECONDS
    while _state(file) not in ("ACTIVE", "FAILED"):
        if time.monotonic() + pause > deadline:
            _delete(client, str(file.name))
            raise httpx2.ReadTimeout("The file was not ready in time.")
        time.sleep(pause)
        pause = min(_MAX_POLL_SECONDS, 1.5 * pause)
        config = {"http_options": timeout_options(deadline)}
        file = client.files.get(name=str(file.name), config=config)
    if _state(file) == "FAILED":
        _delete(client, str(file.name))
        raise MediaError(f"{blob.shown} can't be used by Gemini.", "Convert it to MP4, WAV, JPEG or PNG first.")
    return UploadedFile(str(file.name), str(file.uri), str(file.mime_type or kind))


def _delete(client: genai.Client, name: str) -> None:
    """Delete an uploaded file; if that fails, the service deletes it after two days by itself."""
    import httpx2
    from google.genai import errors

    try:
        client.files.delete(name=name, config={"http_options": {"timeout": int(_DELETE_SECONDS * 1000)}})
    except (httpx2.HTTPError, errors.APIError, ValueError):
        pass


def timeout_options(deadline: float) -> dict[str, int]:
    """Return the SDK's options for the time until `deadline` by `time.monotonic`, in milliseconds, at least one."""
    return {"timeout": max(1, int((deadline - time.monotonic()) * 1000))}


def _state(file: Any) -> str:
    return str(getattr(file.state, "value", file.state) or "ACTIVE")
