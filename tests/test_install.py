"""What runs the package elsewhere: the GitHub action, the pre-commit hook, the container."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from detector.cli import main

yaml = pytest.importorskip("yaml", reason="the definitions are YAML; needs the extra dev")

ROOT = Path(__file__).resolve().parents[1]
FILLER = next((ROOT / "seeds").glob("000*.txt"))
CLEAN = next((ROOT / "seeds").glob("002*.txt"))


def definition(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


# --- the action -----------------------------------------------------------------------------------

needs_bash = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None or shutil.which("git") is None,
    reason="needs bash and git",
)


class Site:
    """A repository of articles, and a ``detector`` on the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        self.folder.mkdir()
        self._bin = folder / "bin"
        self._bin.mkdir()
        command = self._bin / "detector"
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m detector "$@"\n')
        command.chmod(0o755)
        self.summary = folder / "summary.md"
        self.git("init", "--quiet")
        self.start = self.commit(README="Our articles.")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=Editor", "-c", "user.email=editor@example.org")
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.folder,
            capture_output=True,
            check=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        """Write files and commit them; gives the commit."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Articles")
        return self.git("rev-parse", "HEAD")

    def check(self, base: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the action's last step as the runner does."""
        action = definition("action.yml")
        step = action["runs"]["steps"][-1]
        values = {name: entry.get("default", "") for name, entry in action["inputs"].items()}
        values |= {"base": base, **inputs}
        env = {
            name: values[re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value)[1]]  # type: ignore[index]
            for name, value in step["env"].items()
        }
        path = f"{self._bin}{os.pathsep}{os.environ['PATH']}"
        env |= {"PATH": path, "PYTHONPATH": str(ROOT), "GITHUB_STEP_SUMMARY": str(self.summary)}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@needs_bash
def test_the_action_fails_on_filler_in_a_changed_article(site: Site) -> None:
    old = site.commit(**{"old article.txt": FILLER.read_text(encoding="utf-8")})
    site.commit(**{"news/-a b.txt": FILLER.read_text(encoding="utf-8")})
    done = site.check(old)
    assert done.returncode == 1, done.stderr
    assert "60.7%  news/-a b.txt" in done.stdout
    assert "old article" not in done.stdout
    assert site.summary.read_text(encoding="utf-8").startswith("```text\nfiller  page\n")


@needs_bash
def test_the_action_looks_at_what_the_branch_changed_alone(site: Site) -> None:
    """Filler that came into the base since the branch began is none of the branch's doing."""
    site.git("checkout", "--quiet", "-b", "branch")
    site.commit(**{"honest.txt": CLEAN.read_text(encoding="utf-8")})
    site.git("checkout", "--quiet", "-b", "other", site.start)
    base = site.commit(**{"filler.txt": FILLER.read_text(encoding="utf-8")})
    site.git("checkout", "--quiet", "branch")
    done = site.check(base)
    assert done.returncode == 0, done.stderr
    assert "honest.txt" in done.stdout
    assert "filler.txt" not in done.stdout


@needs_bash
@pytest.mark.parametrize("base", ["", "0" * 40], ids=["none", "new branch"])
def test_the_action_without_a_base_looks_at_every_article(site: Site, base: str) -> None:
    site.commit(**{"article.txt": FILLER.read_text(encoding="utf-8")})
    assert site.check(base).returncode == 1


@needs_bash
@pytest.mark.parametrize(
    ("inputs", "code", "words"),
    [
        ({"fail-on": "0.9"}, 0, "60.7%  article.txt"),
        ({"max-false-alarms": "0.1%"}, 1, "Threshold 0.1%"),
        ({"paths": "news/*.txt\n\n*.html\n"}, 0, "No article has changed."),
        ({"fail-on": "a tenth"}, 2, ""),
        ({"base": "f" * 40}, 2, "fetch-depth: 0"),
    ],
)
def test_inputs_of_the_action(site: Site, inputs: dict[str, str], code: int, words: str) -> None:
    site.commit(**{"article.txt": FILLER.read_text(encoding="utf-8")})
    done = site.check(**{"base": site.start, **inputs})
    assert done.returncode == code, done.stderr
    assert words in done.stdout


@needs_bash
def test_the_action_passes_over_what_was_deleted(site: Site) -> None:
    before = site.commit(**{"article.txt": FILLER.read_text(encoding="utf-8")})
    site.git("rm", "--quiet", "article.txt")
    site.git("commit", "--quiet", "--message", "Without")
    done = site.check(before)
    assert (done.returncode, done.stdout) == (0, "No article has changed.\n")


@pytest.fixture(scope="module")
def examples() -> list[Any]:
    """The YAML of the page on installing."""
    text = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]


def test_the_workflow_in_the_docs_gives_inputs_that_exist(examples: list[Any]) -> None:
    action = definition("action.yml")
    (step,) = [s for s in examples[1]["jobs"]["filler"]["steps"] if "detector@" in s["uses"]]
    assert set(step["with"]) <= set(action["inputs"])
    text = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)) == set(action["inputs"])


# --- the hook -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "code"), [(FILLER, 1), (CLEAN, 0)], ids=["filler", "honest"])
def test_the_hook_fails_on_filler(page: Path, code: int) -> None:
    (hook,) = definition(".pre-commit-hooks.yaml")
    words = [*shlex.split(hook["entry"]), *hook["args"], str(page)]
    assert words[0] == "detector"
    assert re.search(hook["files"], page.name)
    assert CliRunner().invoke(main, words[1:]).exit_code == code


def test_the_hook_in_the_docs_takes_its_arguments(examples: list[Any]) -> None:
    (repository,) = examples[0]["repos"]
    (hook,) = repository["hooks"]
    (defined,) = definition(".pre-commit-hooks.yaml")
    assert hook["id"] == defined["id"]
    words = [*shlex.split(defined["entry"])[1:], *hook["args"], str(CLEAN)]
    assert CliRunner().invoke(main, words).exit_code == 0


# --- the container --------------------------------------------------------------------------------

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.+)$", DOCKERFILE, flags=re.MULTILINE)


def test_the_image_gets_all_that_the_wheel_is_built_from() -> None:
    copied = [w for line in instructions("COPY") if "--from" not in line for w in line.split()[:-1]]
    assert all((ROOT / name).exists() for name in copied)

    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["force-include"], project["project"]["readme"]}
    assert needed | set(project["project"]["license-files"]) <= set(copied)


def test_the_image_runs_without_rights() -> None:
    user, _, group = instructions("USER")[-1].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert instructions("HEALTHCHECK")
    (service,) = definition("compose.yaml")["services"].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(volume.endswith(":ro") for volume in service["volumes"])


def test_the_image_starts_and_asks_for_what_there_is() -> None:
    """The service is started and the health check executed, without the container around them."""
    pytest.importorskip("uvicorn", reason="the service needs the extra web")
    assert json.loads(instructions("ENTRYPOINT")[-1]) == ["detector"]
    serve, *options = json.loads(instructions("CMD")[-1])
    assert serve in main.commands
    check = json.loads(instructions("HEALTHCHECK")[-1].partition("CMD ")[2])
    assert f":{instructions('EXPOSE')[-1]}/healthz" in check[-1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "detector", serve, *options, "--port", str(port)]
    program = check[-1].replace("8000", str(port))
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as service:
        assert service.stderr is not None
        service.stderr.readline()  # it tells its address once it listens
        healthy = subprocess.run([sys.executable, *check[1:-1], program]).returncode
        service.terminate()
    assert healthy == 0
    assert (
        subprocess.run(
            [sys.executable, *check[1:-1], program], stderr=subprocess.DEVNULL
        ).returncode
        == 1
    )
