"""The service: what it answers, what it refuses, and in which words."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from detector import Detector, Document
from detector.readers import markup
from detector.types import Abstention

pytest.importorskip("starlette", reason="needs the extra web")
httpx = pytest.importorskip("httpx", reason="needs the extra dev")

from starlette.testclient import TestClient  # noqa: E402

from detector.web.app import application  # noqa: E402
from detector.web.guard import HEADERS  # noqa: E402
from detector.web.limits import Limits  # noqa: E402

LOCAL = "http://127.0.0.1"
JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}
HTML = {"Content-Type": "text/html"}
LINES = {"Content-Type": "application/x-ndjson"}
SECRET = "xyzzy-plugh"
"""A word that no log may hold."""


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    """A seed with an interview, and an emoji before it."""
    return "😀 " + next((root / "seeds").glob("000*.txt")).read_bytes().decode()


@pytest.fixture(scope="module")
def client(detector: Detector) -> Iterator[TestClient]:
    with TestClient(application(detector), base_url=LOCAL) as client:
        yield client


# --- what it answers ------------------------------------------------------------------------------


def test_a_page_gets_the_record_that_python_gives(
    client: TestClient, detector: Detector, page: str
) -> None:
    wanted = detector.detect(Document("mine", page)).to_dict()
    assert wanted["spans"]
    assert client.post("/v1/detect", json={"id": "mine", "text": page}).json() == wanted
    raw = client.post("/v1/detect", content=page.encode(), headers=TEXT)
    assert raw.json() == wanted | {"id": "text"}


def test_what_stands_before_a_page_counts(
    client: TestClient, detector: Detector, page: str
) -> None:
    article, _, rest = page.partition("\nInterview:")
    record = {"id": 7, "text": "Interview:" + rest, "preceding": article}
    wanted = detector.detect(Document("7", record["text"], article)).to_dict()
    assert any("in_preceding" in e for span in wanted["spans"] for e in span["evidence"])
    assert client.post("/v1/detect", json=record).json() == wanted


def test_clean_gives_text_for_text_and_a_record_for_a_record(
    client: TestClient, detector: Detector, page: str
) -> None:
    page = page.replace("\n", "\r\n")
    cleaned = detector.clean(page)
    assert cleaned != page
    raw = client.post("/v1/clean", content=page.encode(), headers=TEXT)
    assert raw.content == cleaned.encode()
    assert raw.headers["content-type"] == "text/plain; charset=utf-8"
    record = client.post("/v1/clean", json={"id": "a", "text": page}).json()
    assert (record["id"], record["text"], record["n_chars"]) == ("a", cleaned, len(page))


RECORDS: list[Any] = [
    {"id": "a", "text": "The bridge closed."},
    {"text": None},
    {"text": "Ünïcode 😀 \u2028 and a lone \ud800 surrogate."},
    "no object",
    {"id": True, "text": "x"},
    {"id": "", "text": ""},
    {"preceding": 3, "text": ""},
    {},
]
NAMED = ["a", "#2", "#3", "#4", "#5", "#6", "#7", "#8"]
KINDS = [None, "field", None, "json", "field", None, "field", "field"]


def test_a_batch_has_a_record_for_each_in_its_place(client: TestClient) -> None:
    body = json.dumps(RECORDS)
    answers = client.post("/v1/batch", content=body, headers=JSON).json()
    assert [answer["id"] for answer in answers] == NAMED
    assert [answer.get("error", {}).get("kind") for answer in answers] == KINDS
    assert all("error" in answer or "spans" in answer for answer in answers)


@pytest.mark.parametrize("name", ["application/x-ndjson", "application/jsonl"])
def test_lines_get_lines(client: TestClient, name: str) -> None:
    lines = ["\ufeff" + json.dumps(RECORDS[0]), "", '{"text": ', json.dumps(RECORDS[2]) + "\r"]
    body = "\n".join(lines).encode()
    answer = client.post("/v1/batch", content=body, headers={"Content-Type": name})
    assert answer.headers["content-type"] == name
    records = [json.loads(line) for line in answer.content.splitlines()]
    assert [record["id"] for record in records] == ["a", "#3", "#4"]
    assert records[1]["error"]["kind"] == "json"


def test_many_pages_come_back_in_order(client: TestClient, detector: Detector, page: str) -> None:
    texts = [page[:2000] + str(k) for k in range(70)] + [page * 40, page]
    wanted = [
        r.to_dict()
        for r in detector.detect_many([Document(f"#{k}", t) for k, t in enumerate(texts, 1)])
    ]
    answers = client.post("/v1/batch", json=[{"text": text} for text in texts]).json()
    assert answers == wanted


def test_the_text_of_html_is_that_of_the_reader(client: TestClient) -> None:
    pytest.importorskip("resiliparse", reason="needs the extra html")
    html = "<nav>Home</nav><main><h1>Caf\u00e9</h1><p>It <b>closed</b>.<p>On Friday.</main>"
    for charset in ("utf-8", "latin1"):
        headers = {"Content-Type": f"text/html; charset={charset}"}
        answer = client.post("/v1/text", content=html.encode(charset), headers=headers).json()
        assert answer["text"] == "Caf\u00e9\nIt closed.\nOn Friday."
        assert answer["extractor"].startswith("resiliparse ")


def test_without_the_reader_of_html_the_remedy_is_named(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    markup._library.cache_clear()
    monkeypatch.setitem(sys.modules, "resiliparse.parse.html", None)
    answer = client.post("/v1/text", content=b"<p>a", headers={"Content-Type": "text/html"})
    markup._library.cache_clear()
    assert answer.status_code == 415
    assert "filler-detector[html]" in answer.json()["error"]["message"]


def test_a_page_that_is_not_judged_says_so(client: TestClient) -> None:
    assert client.post("/v1/detect", json={"text": ""}).json()["abstained"] == Abstention.SHORT


def test_the_model_is_described(client: TestClient, detector: Detector) -> None:
    about = client.get("/v1/model").json()
    assert about["model"] == detector.model.name
    assert about["threshold"] == {"name": "default", "log_odds": detector.threshold}
    assert about["thresholds"]["1%"]["false_alarms"] == pytest.approx(0.01, abs=0.001)
    assert about["limits"]["body_bytes"] == Limits().body_bytes
    assert client.get("/healthz").json() == {"status": "ok"}


# --- what it refuses ------------------------------------------------------------------------------

DETECT, CLEAN, BATCH = "POST /v1/detect", "POST /v1/clean", "POST /v1/batch"
LATIN = {"Content-Type": "text/plain; charset=latin1"}
ZIPPED = TEXT | {"Content-Encoding": "gzip"}
LONG_NUMBER = b'{"text": 1' + b"0" * 5000 + b"}"
EVIL = "https://evil.example"

REFUSED: dict[str, tuple[str, dict[str, str], bytes, int, str]] = {
    "no JSON": (DETECT, JSON, b"{", 422, "json"),
    "a list": (DETECT, JSON, b"[]", 422, "json"),
    "nested too deep": (DETECT, JSON, b"[" * 100_000, 422, "json"),
    "a number too long": (DETECT, JSON, LONG_NUMBER, 422, "json"),
    "JSON not in UTF-8": (DETECT, JSON, b'{"text": "\xff"}', 422, "json"),
    "no text": (DETECT, JSON, b'{"id": "a"}', 422, "field"),
    "text is a number": (CLEAN, JSON, b'{"text": 3}', 422, "field"),
    "id is a list": (CLEAN, JSON, b'{"text": "", "id": []}', 422, "field"),
    "not UTF-8": (DETECT, TEXT, b"caf\xe9", 422, "encoding"),
    "HTML too deep": ("POST /v1/text", HTML, b"<p>a" + b"<div>" * 999, 422, "markup"),
    "NUL": (DETECT, TEXT, b"a\0", 422, "binary"),
    "batch is an object": (BATCH, JSON, b"{}", 422, "json"),
    "batch is no JSON": (BATCH, JSON, b"", 422, "json"),
    "no media type": (DETECT, {}, b"{}", 415, "media-type"),
    "another media type": (DETECT, {"Content-Type": "text/css"}, b"", 415, "media-type"),
    "text as a batch": (BATCH, TEXT, b"", 415, "media-type"),
    "another charset": (DETECT, LATIN, b"", 415, "media-type"),
    "compressed": (DETECT, ZIPPED, b"", 415, "media-type"),
    "too long": (DETECT, TEXT, b"a" * 101_001, 413, "size"),
    "too many": (BATCH, LINES, b"{}\n" * 6, 413, "size"),
    "another path": ("GET /v1/other", {}, b"", 404, "path"),
    "another method": ("GET /v1/detect", {}, b"", 405, "method"),
    "another host": ("GET /healthz", {"Host": "evil.example"}, b"", 421, "host"),
    "no host at all": ("GET /healthz", {"Host": "["}, b"", 421, "host"),
    "another origin": (DETECT, TEXT | {"Origin": EVIL}, b"a", 403, "origin"),
    "a hidden origin": (DETECT, TEXT | {"Origin": "null"}, b"a", 403, "origin"),
}


@pytest.fixture(scope="module")
def strict(detector: Detector) -> Iterator[TestClient]:
    limits = Limits(body_bytes=101_000, pages=5)
    with TestClient(application(detector, limits), base_url=LOCAL) as client:
        yield client


@pytest.mark.parametrize(
    ("route", "headers", "body", "status", "kind"), REFUSED.values(), ids=REFUSED
)
def test_refused(
    strict: TestClient, route: str, headers: dict[str, str], body: bytes, status: int, kind: str
) -> None:
    answer = strict.request(*route.split(), headers=headers, content=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["kind"] == kind
    assert len(answer.json()["error"]["message"]) > 20
    assert answer.headers.items() >= {k.lower(): v for k, v in HEADERS.items()}.items()
    if status == 405:
        assert answer.headers["allow"] == "POST"


def test_a_body_of_unknown_length_is_stopped_too(strict: TestClient) -> None:
    chunks = (b"a" * 50_000 for _ in range(3))
    assert strict.post("/v1/detect", content=chunks, headers=TEXT).status_code == 413


def test_who_asks_for_leave_to_send_too_much_gets_none(strict: TestClient) -> None:
    headers = TEXT | {"Expect": "100-continue", "Content-Length": "200000"}
    assert strict.post("/v1/detect", headers=headers).status_code == 413


KNOWN = ["127.0.0.1:8000", "[::1]:8000", "LOCALHOST", "192.168.1.5", "desk.example:80"]


@pytest.mark.parametrize("host", KNOWN)
def test_known_hosts(detector: Detector, host: str) -> None:
    with TestClient(application(detector, hosts=["Desk.example"]), base_url=LOCAL) as client:
        assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_other_sites_may_ask_where_that_is_allowed(client: TestClient, detector: Detector) -> None:
    site = "https://desk.example"
    wish = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    asked = wish | {"Origin": site}
    own = {"Origin": LOCAL}
    assert client.options("/v1/detect", headers=asked).status_code == 403
    answer = client.post("/v1/detect", json={"text": "a"}, headers=own)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    with TestClient(application(detector, origins=[site]), base_url=LOCAL) as open_client:
        leave = open_client.options("/v1/detect", headers=asked)
        assert leave.headers["access-control-allow-origin"] == site
        answer = open_client.post("/v1/detect", json={"text": 1}, headers={"Origin": site})
        assert answer.status_code == 422
        assert answer.headers["access-control-allow-origin"] == site
        refused = open_client.post("/v1/detect", json={"text": ""}, headers={"Origin": EVIL})
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers


def test_the_page_and_its_files_come_under_the_same_policy(client: TestClient) -> None:
    for path, name in {"/": "text/html", "/assets/page.js": "text/javascript"}.items():
        answer = client.get(path)
        assert answer.headers["content-type"].startswith(name)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
    for path in ("/assets/../app.py", "/assets/%2e%2e/__init__.py", "/assets/openapi.json"):
        assert client.get(path).status_code == 404


# --- when there is much to do ---------------------------------------------------------------------


class Gated(Detector):
    """A detector that waits before it scores, and fails on pages that hold a certain word."""

    def __init__(self, detector: Detector) -> None:
        super().__init__(detector.model, detector.lexicon)
        self.gate = threading.Event()
        self.batches: list[int] = []

    def detect_many(self, documents: Any, *args: Any, **kwargs: Any) -> Any:
        documents = list(documents)
        self.batches.append(len(documents))
        assert self.gate.wait(10)
        if any(SECRET in document.text for document in documents):
            raise ValueError(f"cannot stand {SECRET}")
        return super().detect_many(documents, *args, **kwargs)


@pytest.fixture
def gated(detector: Detector) -> Iterator[Gated]:
    made = Gated(detector)
    yield made
    made.gate.set()


@asynccontextmanager
async def asking(detector: Detector, limits: Limits) -> AsyncIterator[Any]:
    """A client of a service that runs in this event loop."""
    app = application(detector, limits)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=LOCAL) as client,
    ):
        yield client


def test_who_comes_when_all_places_are_taken_is_told_when_to_come_again(gated: Gated) -> None:
    async def run() -> None:
        async with asking(gated, Limits(requests=2)) as client:
            waiting = [
                asyncio.create_task(client.post("/v1/detect", json={"text": str(k)}))
                for k in range(2)
            ]
            await asyncio.sleep(0.05)
            refused = await client.post("/v1/detect", json={"text": ""})
            assert (refused.status_code, refused.json()["error"]["kind"]) == (503, "busy")
            assert refused.headers["retry-after"] == "1"
            assert (await client.get("/healthz")).status_code == 200
            gated.gate.set()
            assert [a.status_code for a in await asyncio.gather(*waiting)] == [200, 200]
            assert (await client.post("/v1/detect", json={"text": ""})).status_code == 200

    asyncio.run(run())


def test_what_takes_too_long_is_given_up_and_not_begun(gated: Gated) -> None:
    async def run() -> None:
        async with asking(gated, Limits(seconds=0.1)) as client:
            first = asyncio.create_task(client.post("/v1/detect", json={"text": "a"}))
            await asyncio.sleep(0.02)  # the first is scored, the second waits behind it
            second = asyncio.create_task(client.post("/v1/detect", json={"text": "b"}))
            for answer in await asyncio.gather(first, second):
                assert (answer.status_code, answer.json()["error"]["kind"]) == (504, "time")
            gated.gate.set()
        assert sum(gated.batches) == 1

    asyncio.run(run())


def test_a_body_that_does_not_come_is_not_waited_for(detector: Detector) -> None:
    async def drip() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(10)

    async def run() -> None:
        async with asking(detector, Limits(seconds=0.1)) as client:
            answer = await client.post("/v1/detect", content=drip(), headers=TEXT)
            assert (answer.status_code, answer.json()["error"]["kind"]) == (408, "slow")

    asyncio.run(run())


def test_what_waits_is_scored_together_and_apart_from_long_work(gated: Gated) -> None:
    async def run() -> None:
        async with asking(gated, Limits()) as client:
            texts = ["first", *"abcdef", "long " * 20_000]
            asked = []
            for text in texts:
                asked.append(asyncio.create_task(client.post("/v1/detect", json={"text": text})))
                await asyncio.sleep(0.05)
            gated.gate.set()
            answers = await asyncio.gather(*asked)
        assert [answer.json()["n_chars"] for answer in answers] == list(map(len, texts))
        assert sorted(gated.batches) == [1, 1, 6]

    asyncio.run(run())


def test_a_page_that_breaks_the_detector_harms_no_other_and_stays_out_of_the_log(
    gated: Gated, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> list[Any]:
        async with asking(gated, Limits()) as client:
            asked = []
            for text in ("first", "fine", SECRET, "fine too"):
                asked.append(asyncio.create_task(client.post("/v1/detect", json={"text": text})))
                await asyncio.sleep(0.02)
            gated.gate.set()
            return await asyncio.gather(*asked)

    with caplog.at_level(logging.DEBUG):
        answers = asyncio.run(run())
    assert [answer.status_code for answer in answers] == [200, 200, 500, 200]
    assert answers[2].json()["error"]["kind"] == "internal"
    assert "ValueError on /v1/detect" in caplog.text
    assert "in detect_many" in caplog.text
    assert SECRET not in caplog.text + answers[2].text
