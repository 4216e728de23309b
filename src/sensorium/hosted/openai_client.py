"""An OpenAI-compatible server: its address, its own key, the SDK's client, and its failures as our errors."""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sensorium.core.errors import InputError, SensoriumError, ServiceError
from sensorium.core.weights import importing
from sensorium.hosted import failures
from sensorium.hosted.keys import find_key, require_key

if TYPE_CHECKING:
    import openai

OFFICIAL_URL = "https://api.openai.com/v1"
_MODEL_AND_URL = re.compile(r"(?P<model>.*?)@(?P<url>https?://.*)", re.S)
_HF_TOKEN = {"HUGGINGFACE_API_KEY": "HF_TOKEN"}


class OpenAIServer:
    """A model's server.

    Args:
        model: The model's name, as the server calls it.
        url: The server's address, usually ending in /v1; "" for $OPENAI_BASE_URL, else OpenAI's own.
        example: A model's name for hints, e.g. "openai:gpt-6-luna".

    Raises:
        InputError: when the model's name is empty or the address invalid.
        AccessError: when it is OpenAI itself and the key is missing.
    """

    def __init__(self, model: str, url: str, example: str) -> None:
        if not model.strip():
            raise InputError(f"{'openai:@' + url if url else 'openai:'!r} lacks the model's name.", f"Try {example}")
        self.url = _checked_url(url or os.environ.get("OPENAI_BASE_URL", "").strip() or OFFICIAL_URL, example)
        self.model = model
        self.official = self.url == OFFICIAL_URL
        self.name = f"openai:{model}" if self.official else f"openai:{model}@{self.url}"
        self._variables = key_variables(self.url) if url else ("OPENAI_API_KEY",)
        self.key = require_key(self._variables, self.name) if self.official else find_key(self._variables)

    @cached_property
    def client(self) -> openai.OpenAI:
        """The SDK's client, without retries of its own."""
        with importing("openai"):
            import openai
        import httpx2

        from sensorium.hosted.http_client import client as http_client

        # Organisation and project are for OpenAI only; no other server may see them.
        omitted: dict[str, Any] = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        sdk = openai.OpenAI(
            api_key=self.key.reveal() if self.key else "none",
            admin_api_key="",
            base_url=self.url,
            max_retries=0,
            http_client=http_client(httpx2),
            default_headers=None if self.official else omitted,
        )
        weakref.finalize(self, sdk.close)
        return sdk

    @contextmanager
    def errors(self, seconds: float) -> Iterator[None]:
        """Turn what the SDK raises in the block into our errors; `seconds` is the longest wait."""
        with importing("openai"):
            import openai
        import httpx2

        try:
            yield
        except (openai.APITimeoutError, httpx2.TimeoutException):
            raise failures.timeout_error(self.name, seconds) from None
        except (openai.APIConnectionError, httpx2.TransportError) as error:
            raise self._connection_error(error) from None
        except openai.APIStatusError as error:
            ours = self._status_error(error)
            error.args = ()  # a debugger shows the values in frames, and a server may have quoted the key
            raise ours from None
        except ValueError as error:  # json's, the SDK's and our own of invalid responses
            unexpected = failures.unexpected_response(self.name, str(error))
            unexpected.hint = self._address_hint() or unexpected.hint
            raise unexpected from None

    def _status_error(self, error: openai.APIStatusError) -> SensoriumError:
        message = failures.error_words(error.body) or error.response.text
        headers, status = error.response.headers, error.status_code
        ours = failures.status_error(self.name, status, message, headers, self.key, self._variables[0])
        if status in (404, 405) and isinstance(ours, InputError | ServiceError):
            ours.hint = self._address_hint() or ours.hint
        return ours

    def _address_hint(self) -> str:
        """Return what to type if the address lacks its /v1, else ""."""
        if re.search(r"/v\d|/openai", urlsplit(self.url).path):
            return ""
        return f"Most such servers answer under /v1. Try openai:{self.model}@{self.url}/v1"

    def stream_error(self, error: object) -> SensoriumError:
        """Return the error of a failure that was reported in the middle of an answer."""
        body = error if isinstance(error, Mapping) else {}
        status = str(body.get("code", body.get("status")))
        number = int(status) if re.fullmatch(r"[1-9]\d\d", status) else 500
        message = failures.error_words({"error": error})
        return failures.status_error(self.name, number, message, {}, self.key, self._variables[0])

    def _connection_error(self, error: Exception) -> SensoriumError:
        cause = error.__cause__ or error
        if "RemoteProtocol" in type(cause).__name__ or "ReadError" in type(cause).__name__:
            return failures.ended_early(self.name)
        hint = "Check your network connection." if self.official else f"Is it running? Try: curl {self.url}/models"
        return failures.connection_error(self.name, self.url, cause, hint)


def model_and_url(name: str) -> tuple[str, str]:
    """Return the model and the address of "MODEL@URL"; the address is "" in "MODEL"."""
    match = _MODEL_AND_URL.fullmatch(name)
    return (match["model"], match["url"]) if match else (name, "")


def _checked_url(url: str, example: str) -> str:
    try:
        split = urlsplit(url)
        valid = split.scheme in ("http", "https") and split.hostname and split.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise InputError(f"{url[:60]!r} can't be a server's address.", f"Try {example}@http://localhost:8000/v1")
    if split.username or split.password or split.query or split.fragment:  # a secret would be printed with the name
        raise InputError(
            "A server's address may not contain a password, ? or #.",
            "Leave it out, and type: export VLLM_API_KEY=YOUR_KEY",
        )
    return url.rstrip("/")


def key_variables(url: str) -> tuple[str, ...]:
    """Return the environment variables of an address's key: api.mistral.ai -> MISTRAL_API_KEY.

    Each server's key has its own name, so that it is never sent to another server. For a server on this machine or
    in its network: VLLM_API_KEY, vLLM's own name for it.
    """
    host = urlsplit(url).hostname or ""
    labels = host.split(".")
    if len(labels) < 2 or host.endswith(".local") or _is_ip_address(host):
        return ("VLLM_API_KEY",)
    variable = re.sub(r"\W", "_", labels[-2]).upper() + "_API_KEY"
    return (variable, _HF_TOKEN[variable]) if variable in _HF_TOKEN else (variable,)


def _is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
