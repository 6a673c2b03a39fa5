"""The OpenAPI description says what the service does: its examples hold, its schemas fit what comes
back, and requests made up from it get the answers that it announces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detector import Detector

pytest.importorskip("starlette", reason="needs the extra web")
schemathesis = pytest.importorskip("schemathesis", reason="needs the extra dev")
jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="comes with schemathesis")

from hypothesis import HealthCheck, given, settings  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402

from detector.web import assets  # noqa: E402
from detector.web.app import application  # noqa: E402
from detector.web.limits import Limits  # noqa: E402

DESCRIPTION = assets.description()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DESCRIPTION["paths"].items()
    for method, operation in methods.items()
}


def validator(schema: dict[str, Any]) -> Any:
    """A validator for a schema of the description, whose references lead into it."""
    return jsonschema_rs.validator_for(schema | {"components": DESCRIPTION["components"]})


def examples(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Media types with their examples."""
    for name, media in content.items():
        given = [example["value"] for example in media.get("examples", {}).values()]
        yield from (
            (name, example)
            for example in [*given, *([media["example"]] if "example" in media else [])]
        )


@pytest.fixture(scope="module")
def client(detector: Detector) -> Iterator[TestClient]:
    with TestClient(application(detector), base_url="http://127.0.0.1") as client:
        yield client


def test_every_route_is_described(detector: Detector) -> None:
    app: Any = application(detector)
    served = {f"{m} {r.path}" for r in app.routes for m in r.methods if m != "HEAD"}
    own = ("GET /assets/", "POST /page/")
    pages = {route for route in served if route.startswith(own)} | {"GET /", "GET /openapi.json"}
    assert served - pages == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_of_requests_are_answered_as_announced(client: TestClient, name: str) -> None:
    method, path = name.split()
    operation = OPERATIONS[name]
    announced = operation["responses"]["200"]["content"]
    requests = list(examples(operation.get("requestBody", {}).get("content", {})))
    assert requests or method == "GET"
    for media_type, example in requests or [("", None)]:
        body = example if isinstance(example, str) else json.dumps(example)
        answer = client.request(method, path, content=body, headers={"Content-Type": media_type})
        assert answer.status_code == 200, answer.text
        got = answer.headers["content-type"].partition(";")[0]
        value = answer.json() if got == "application/json" else answer.text
        validator(announced[got]["schema"]).validate(value)


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_of_answers_fit_their_schemas(name: str) -> None:
    for status, response in OPERATIONS[name]["responses"].items():
        if "$ref" in response:
            response = DESCRIPTION["components"]["responses"][response["$ref"].rpartition("/")[2]]
        content = response["content"]
        given = list(examples(content))
        assert given or name == "GET /v1/model", status
        for media_type, example in given:
            validator(content[media_type]["schema"]).validate(example)


def test_a_real_record_fits_its_schema(client: TestClient, root: Path) -> None:
    """With nothing in it that the schema does not name."""
    strict = json.loads(json.dumps(DESCRIPTION["components"]["schemas"]))
    for schema in strict.values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    page = next((root / "seeds").glob("000*.txt")).read_bytes()
    record = client.post("/v1/detect", content=page, headers={"Content-Type": "text/plain"}).json()
    assert record["spans"]
    schema = {"$ref": "#/components/schemas/Record", "components": {"schemas": strict}}
    jsonschema_rs.validator_for(schema).validate(record)


def test_the_limit_of_pages_is_that_of_the_service() -> None:
    described = OPERATIONS["POST /v1/batch"]["description"]
    assert described.startswith(f"Up to {Limits().pages:,} pages.")


MODES = schemathesis.GenerationMode
MADE_UP = [(name, MODES.POSITIVE) for name in OPERATIONS]
TAKE_JSON = ("POST /v1/detect", "POST /v1/clean", "POST /v1/batch")
MADE_UP += [(name, MODES.NEGATIVE) for name in TAKE_JSON]  # there is no wrong text


@pytest.mark.parametrize(("name", "mode"), MADE_UP)
def test_requests_made_up_from_the_description(service: str, name: str, mode: Any) -> None:
    """Those that fit it are answered, those that do not are refused, all as it says."""
    method, path = name.split()
    described = schemathesis.openapi.from_url(f"{service}/openapi.json")
    operation = described[path][method]

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        case.call_and_validate()

    run()
