"""``detector serve`` as a process: it starts, answers, says nothing of what it reads, and ends."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from detector.cli import main

pytest.importorskip("uvicorn", reason="needs the extra web")

ROOT = Path(__file__).resolve().parents[2]
WORD = "xyzzyplugh"
TEXT = {"Content-Type": "text/plain"}


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], http.client.HTTPConnection]]:
    """A service, and a connection to it."""
    command = [sys.executable, "-m", "detector", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stderr is not None
            found = re.search(r"http://(\S+) serves the model default", process.stderr.readline())
            assert found is not None
            yield process, http.client.HTTPConnection(found[1], timeout=20)
        finally:
            process.kill()


def ask(connection: http.client.HTTPConnection, body: bytes, path: str = "/v1/detect") -> int:
    connection.request("POST", path, body, TEXT)
    response = connection.getresponse()
    response.read()
    return response.status


def test_nothing_of_a_text_is_in_the_logs() -> None:
    with serving("--max-bytes", "300000") as (process, connection):
        for body in (WORD.encode() * 50, WORD.encode() * 40_000, WORD.encode() + b"\xff", b"\0"):
            assert ask(connection, body) in {200, 413, 422}
        assert ask(connection, b"", f"/v1/{WORD}?text={WORD}") == 404
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert WORD not in process.stderr.read()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -15), (signal.SIGINT, 130)])
def test_it_answers_what_is_under_way_before_it_ends(number: int, code: int) -> None:
    body = (b"Name Surname: yes, of course, time will tell. \n" * 25_000)[:1_000_000]
    with serving() as (process, connection):
        statuses: list[int] = []
        asking = threading.Thread(target=lambda: statuses.append(ask(connection, body)))
        asking.start()
        time.sleep(0.2)
        process.send_signal(number)
        asking.join(30)
        assert statuses == [200]
        connection.close()
        assert process.wait(30) == code
        with pytest.raises(OSError):
            ask(connection, b"late")


def test_an_answer_comes_although_the_body_is_longer_than_the_limit() -> None:
    """Most clients look at no answer before all is sent."""
    with serving("--max-bytes", "1000") as (_, connection):
        assert ask(connection, b"a" * 5_000_000) == 413
        assert ask(connection, b"a") == 200


def test_no_part_of_an_answer_is_held_back() -> None:
    from detector.web.server import address, listen

    with listen("127.0.0.1", 0) as listening:
        netloc = address(listening).removeprefix("http://").split(":")
        with socket.create_connection((netloc[0], int(netloc[1]))), listening.accept()[0] as one:
            assert one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_address_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["serve", "--port", str(port)])
    assert result.exit_code == 2
    assert f"cannot listen on 127.0.0.1, port {port}" in result.stderr
    assert "choose another --host or --port" in result.stderr


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("detector.web.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 2
    assert "needs uvicorn; pip install 'filler-detector[web]'" in result.stderr


def test_it_listens_to_this_machine_alone() -> None:
    with serving() as (process, connection):
        assert connection.host == "127.0.0.1"
        if not Path("/proc/net/tcp").exists():
            pytest.skip("needs Linux to look at sockets")
        rows = Path(f"/proc/{process.pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        port = f"{connection.port:04X}"
        listening = {row.split()[1] for row in rows if row.split()[3] == "0A"}
        assert [address for address in listening if address.endswith(f":{port}")] == [
            f"0100007F:{port}"
        ]
