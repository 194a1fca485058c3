"""Keeps one comment on a pull request or merge request up to date: ``python -m meshwright.cli.comment DIRECTORY EXIT ACCESS.md``.

For the action and the template (docs/ci.md), which start it; no command of its own.  Where it may not write (a fork, no token), it
says so and goes on: annotations, summary and artifact are there without it.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from typing import cast

from meshwright.record import NamedTuple

LARGEST = 65_000  # characters; GitHub takes 65,536, GitLab more
LARGEST_ANSWER = 32 << 20  # bytes
LARGEST_EVENT = 32 << 20
PER_PAGE = 100
MOST_PAGES = 50
TIMEOUT = 30.0  # seconds; one request
NOT_ALLOWED = (401, 403, 404)


class Forge(NamedTuple):
    """Where the comments of one request are, and how to ask."""

    comments: str  # URL of the list
    edited: str  # URL of one of them, with "{id}"
    edit: str  # method
    headers: Mapping[str, str]
    author: str  # name under which we write; "" = whoever: the token's permissions decide


class Refused(Exception):
    """The other side said no, or nothing; the text says what, without the token."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code


def main(words: list[str]) -> int:
    """0 whether or not a comment could be written: the exit code belongs to what was found."""
    if len(words) != 3:
        sys.stderr.write("usage: python -m meshwright.cli.comment DIRECTORY EXIT ACCESS.md\n")
        return 2
    directory, code, path = words
    forge = find(os.environ)
    if isinstance(forge, str):
        _say("notice", f"no comment: {forge}")
        return 0
    try:
        _say("notice", keep(forge, marker(directory), body(directory, code, _read(path))))
    except Refused as problem:
        why = "the token may not write here, as for a pull request from a fork" if problem.code in NOT_ALLOWED else str(problem)
        _say("warning" if problem.code not in NOT_ALLOWED else "notice", f"no comment: {why}; the reports say the same")
    return 0


def find(environment: Mapping[str, str]) -> Forge | str:
    """The forge that this job runs on, or why there is nothing to comment on."""
    token = environment.get("MESHWRIGHT_TOKEN", "")
    if environment.get("GITLAB_CI"):
        number = environment.get("CI_MERGE_REQUEST_IID", "")
        api = environment.get("MESHWRIGHT_API") or environment.get("CI_API_V4_URL", "")
        comments = f"{api}/projects/{environment.get('CI_PROJECT_ID', '')}/merge_requests/{number}/notes"
        forge = Forge(comments, comments + "/{id}", "PUT", {"PRIVATE-TOKEN": token}, environment.get("MESHWRIGHT_AUTHOR", ""))
    else:
        number = _pull_request(environment.get("GITHUB_EVENT_PATH", ""))
        api = environment.get("MESHWRIGHT_API") or environment.get("GITHUB_API_URL", "")
        base = f"{api}/repos/{environment.get('GITHUB_REPOSITORY', '')}/issues"
        forge = Forge(f"{base}/{number}/comments", base + "/comments/{id}", "PATCH",
                      {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
                      environment.get("MESHWRIGHT_AUTHOR", "github-actions[bot]"))
    if not number.isdigit():
        return "this is no pull request"
    if not token or any(ch <= " " or ch > "~" for ch in token):
        return "there is no token"
    if not _trusted(api):
        return "the API's address is not https"
    return forge


def keep(forge: Forge, mark: str, text: str) -> str:
    """Change our comment, or write the first one; what was done, in words.  Raises ``Refused``."""
    mine = next((one for one in _comments(forge) if _ours(one, mark, forge.author)), None)
    if mine is None:
        _ask(forge, "POST", forge.comments, {"body": f"{mark}\n{text}"})
        return "comment written"
    if mine.get("body") == f"{mark}\n{text}":
        return "the comment is up to date"
    _ask(forge, forge.edit, forge.edited.replace("{id}", str(mine["id"])), {"body": f"{mark}\n{text}"})
    return "comment brought up to date"


def marker(directory: str) -> str:
    """The first line of our comment, which nobody sees: one for each project, and without a way out of `<!-- -->`."""
    shown = "".join(ch if ch.isalnum() or ch in "._/" else f"%{ord(ch):x}" for ch in os.path.normpath(directory))
    return f"<!-- meshwright access {shown} -->"


def body(directory: str, code: str, access: str) -> str:
    """What reviewers read, at most ``LARGEST`` characters with the marker; ``access`` has a bound of its own, and is cut on a line here."""
    where = "" if directory in ("", ".") else f" in `{directory.replace('`', chr(39))}`"
    verdicts = {"0": "clean", "1": "**something is wrong**, see the annotations", "2": "**could not look**, see the log"}
    verdict = verdicts.get(code, "**failed**")
    head = f"## Meshwright{where}: {verdict}\n\n"
    text = access.strip() or "The access was not compared; the log of the job says why."
    room = LARGEST - len(head) - 1_000
    if len(text) > room:
        text = text[: text.rfind("\n", 0, room)] + "\n\n… and more, in the reports of the job."
    return f"{head}{text}\n"


def _comments(forge: Forge) -> Iterator[dict[str, object]]:
    for page in range(1, MOST_PAGES + 1):
        listed = _ask(forge, "GET", f"{forge.comments}?per_page={PER_PAGE}&page={page}", None)
        if not isinstance(listed, list):
            raise Refused("the answer is not a list of comments")
        yield from (one for one in listed if isinstance(one, dict))
        if len(listed) < PER_PAGE:
            return


def _ours(comment: Mapping[str, object], mark: str, author: str) -> bool:
    """Somebody may quote our marker: only a comment of our own is changed."""
    writer = comment.get("user") or comment.get("author")
    name = (writer.get("login") or writer.get("username")) if isinstance(writer, dict) else ""
    return str(comment.get("body", "")).startswith(mark) and author in ("", name)


def _ask(forge: Forge, method: str, url: str, value: object) -> object:
    import json
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *anything: object) -> None:
            """Nowhere else: the token would go along."""

    data = None if value is None else json.dumps(value).encode()
    request = Request(url, data, {**forge.headers, "Content-Type": "application/json", "User-Agent": "meshwright"}, method=method)
    try:
        with build_opener(Stay).open(request, timeout=TIMEOUT) as answer:
            read = cast("bytes", answer.read(LARGEST_ANSWER + 1))
    except HTTPError as problem:
        problem.close()
        raise Refused(f"the API answered {problem.code} to {method}", problem.code) from None
    except (OSError, HTTPException, ValueError) as problem:
        raise Refused(f"the API gave no answer: {type(problem).__name__}") from None
    try:
        return None if len(read) > LARGEST_ANSWER else json.loads(read)
    except (ValueError, RecursionError):
        raise Refused("the API's answer is not JSON") from None


def _pull_request(path: str) -> str:
    """The number of the pull request of GitHub's event file, "" when it is none."""
    import json

    try:
        with open(path, "rb") as stream:
            event = json.loads(stream.read(LARGEST_EVENT))
        return str(int(event["pull_request"]["number"]))
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return ""


def _trusted(api: str) -> bool:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(api)
        return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))
    except ValueError:
        return False


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read(4 << 20)
    except OSError:
        return ""


def _say(kind: str, text: str) -> None:
    sys.stdout.write(f"::{kind} title=Meshwright::{text}\n" if os.environ.get("GITHUB_ACTIONS") else f"{text}\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
