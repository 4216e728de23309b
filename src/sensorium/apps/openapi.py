"""The OpenAPI document (https://spec.openapis.org/oas/v3.1.0), written by hand and held to the routes by a test."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any


def document() -> dict[str, Any]:
    return {"openapi": "3.1.0", "info": {"title": "Sensorium assist", "version": version("sensorium")}, "paths": {}}
