"""One comment on a pull request, kept up to date, against a stub of the API."""

import json
from pathlib import Path

import pytest
from tests.support.forge import Stub

from meshwright.cli import comment

TOKEN = "stub-token"
ACCESS = "### Access: 1 opened, 0 closed\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A job of GitHub on pull request 7."""
    for name in ("GITLAB_CI", "MESHWRIGHT_AUTHOR", "GITHUB_ACTIONS", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}))
    (tmp_path / "access.md").write_text(ACCESS)
    for name, value in (("GITHUB_EVENT_PATH", str(tmp_path / "event.json")), ("GITHUB_REPOSITORY", "shop/policy"), ("MESHWRIGHT_TOKEN", TOKEN),
                        ("GITHUB_ACTIONS", "true")):
        monkeypatch.setenv(name, value)
    return tmp_path


def say(place: Path, stub: Stub, monkeypatch: pytest.MonkeyPatch, directory: str = ".", code: str = "0") -> None:
    monkeypatch.setenv("MESHWRIGHT_API", stub.url)
    assert comment.main([directory, code, str(place / "access.md")]) == 0


def test_the_first_is_written_and_later_ones_change_it(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with Stub() as stub:
        stub.add("ann", "looks fine")
        say(place, stub, monkeypatch)
        assert stub.comments[1]["body"] == f"<!-- meshwright access . -->\n## Meshwright: clean\n\n{ACCESS}"
        say(place, stub, monkeypatch)
        (place / "access.md").write_text("### Access: no access changes\n")
        say(place, stub, monkeypatch, code="1")
        say(place, stub, monkeypatch, "services/pay")
    assert len(stub.comments) == 3  # one for each project
    assert "no access changes" in stub.comments[1]["body"] and "something is wrong" in stub.comments[1]["body"]
    base = "/repos/shop/policy/issues"
    assert [one[:2] for one in stub.asked] == [
        ("GET", f"{base}/7/comments"), ("POST", f"{base}/7/comments"), ("GET", f"{base}/7/comments"), ("GET", f"{base}/7/comments"),
        ("PATCH", f"{base}/comments/2"), ("GET", f"{base}/7/comments"), ("POST", f"{base}/7/comments")]
    assert {one[2] for one in stub.asked} == {TOKEN}
    assert TOKEN not in capsys.readouterr().out


def test_a_comment_of_somebody_else_is_never_changed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Stub() as stub:
        stub.add("mallory", "<!-- meshwright access . -->\n> quoted")
        for _ in range(230):
            stub.add("ann", "more words")
        say(place, stub, monkeypatch)
        say(place, stub, monkeypatch, code="1")
    assert stub.comments[0]["body"].endswith("quoted")
    assert len(stub.comments) == 232 and "something is wrong" in stub.comments[-1]["body"]


@pytest.mark.parametrize("code", (401, 403, 404, 500))
def test_where_nothing_may_be_written_the_job_goes_on(code: int, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with Stub(refuse=code) as stub:
        say(place, stub, monkeypatch)
    out = capsys.readouterr().out
    assert out.startswith("::warning title=Meshwright::no comment: " if code == 500 else "::notice title=Meshwright::no comment: the token may not write")
    assert stub.comments == []


def test_a_token_goes_nowhere_else(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with Stub() as other, Stub() as stub:
        stub.elsewhere = f"{other.url}/repos/shop/policy/issues/7/comments?page=1"
        say(place, stub, monkeypatch)
        assert other.asked == [] and len(stub.asked) == 1
    assert "the API answered 302" in capsys.readouterr().out
    monkeypatch.setenv("MESHWRIGHT_API", "http://api.example.com")
    assert comment.main([".", "0", "x"]) == 0
    assert "not https" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "value", "why"), (
    ("MESHWRIGHT_TOKEN", "", "there is no token"), ("MESHWRIGHT_TOKEN", "a\r\nHost: x", "there is no token"),
    ("GITHUB_EVENT_PATH", "/nowhere", "this is no pull request")))
def test_nothing_is_asked_where_there_is_nothing_to_say(name: str, value: str, why: str, place: Path, monkeypatch: pytest.MonkeyPatch,
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    with Stub() as stub:
        monkeypatch.setenv(name, value)
        say(place, stub, monkeypatch)
        assert stub.asked == []
    assert capsys.readouterr().out == f"::notice title=Meshwright::no comment: {why}\n"


def test_a_merge_request_of_gitlab(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    for name, value in (("GITLAB_CI", "true"), ("CI_PROJECT_ID", "12"), ("CI_MERGE_REQUEST_IID", "3")):
        monkeypatch.setenv(name, value)
    with Stub("project_12_bot") as stub:
        say(place, stub, monkeypatch)
        say(place, stub, monkeypatch, code="2")
    assert len(stub.comments) == 1 and "could not look" in stub.comments[0]["body"]
    assert stub.asked[-1] == ("PUT", "/projects/12/merge_requests/3/notes/1", TOKEN)
    assert capsys.readouterr().out == "comment written\ncomment brought up to date\n"


def test_names_and_sizes(place: Path) -> None:
    assert comment.marker("a --> <img> b") == "<!-- meshwright access a%20%2d%2d%3e%20%3cimg%3e%20b -->"
    assert comment.marker("./x/") == comment.marker("x") != comment.marker("y")
    long = "".join(f"| row {number} |\n" for number in range(20_000))
    text = comment.body(".", "0", long)
    assert len(text) < comment.LARGEST and text.endswith("|\n\n… and more, in the reports of the job.\n")
    assert "not compared" in comment.body(".", "2", "")
