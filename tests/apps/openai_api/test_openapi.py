"""The OpenAPI document: held to the routes, and schemathesis holds the server to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from served import serve
from starlette.routing import Route

from sensorium import load
from sensorium.apps.assist.app import create_app
from sensorium.backends.fake import Fake

pytestmark = pytest.mark.slow
DOCUMENT = create_app(Fake("x")).openapi()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    ears, voice = load("whisper", "transcriber"), load("espeak", "speaker")
    second = Fake("A cup.", name="other")
    with serve(create_app(Fake("It is a cup."), second=second, transcriber=ears, speaker=voice)) as where:
        yield where


@pytest.fixture(scope="module")
def described(address: str) -> Any:
    return schemathesis.openapi.from_url(f"{address}/openapi.json")


def test_every_route_is_described_and_nothing_else() -> None:
    files = (".html", ".js", ".css", ".svg", ".png", ".webmanifest")
    routes = {
        (route.path, method.lower())
        for route in create_app(Fake("x")).routes
        if isinstance(route, Route) and route.path != "/" and not route.path.endswith(files)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods} == routes


def test_its_schemas_are_schemas_and_its_references_lead_somewhere() -> None:
    whole = DOCUMENT
    for schema in whole["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)

    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from [value["$ref"]] if "$ref" in value else []
            for each in value.values():
                yield from references(each)
        elif isinstance(value, list):
            for each in value:
                yield from references(each)

    found = set(references(whole))
    assert len(found) >= 5
    assert {name.rpartition("/")[2] for name in found} <= set(whole["components"]["schemas"])


# No schema can say that a file is a picture, a language one that the voice speaks, a name that of a model.
BEYOND = [schemathesis.checks.positive_data_acceptance]
# In a form every value is text: a false that was sent as no text is the text "false", and rightly taken.
IN_FORMS = [*BEYOND, schemathesis.checks.negative_data_rejection]
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]


def case_is_form(path: str, method: str) -> bool:
    return "multipart/form-data" in DOCUMENT["paths"][path][method].get("requestBody", {}).get("content", {})


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_the_server_keeps_to_it(described: Any, path: str, method: str) -> None:
    """Requests that fit the document and requests that do not: no fault of the server's, no answer undescribed."""
    fitting, unfitting = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
    codes = set()
    excluded = IN_FORMS if case_is_form(path, method) else BEYOND
    for mode in (fitting, unfitting):

        @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=[*HealthCheck])
        @given(case=described[path][method].as_strategy(generation_mode=mode))
        def check(case: Any) -> None:
            response = case.call(timeout=30)
            codes.add(response.status_code)
            case.validate_response(response, excluded_checks=excluded)

        try:
            check()
        except Unsatisfiable:
            assert (
                mode is unfitting and "requestBody" not in DOCUMENT["paths"][path][method]
            )  # what takes nothing can be given nothing wrong
    assert codes & {200, 204, 404, 422}


def test_it_is_still_there(address: str) -> None:
    assert requests.get(f"{address}/health", timeout=10).json() == {"status": "ok"}
