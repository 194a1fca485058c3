"""A stub of the few calls of GitHub's and GitLab's API that a comment takes."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar, Self


class Stub:
    """Comments in a list, and every request that came; ``refuse`` is the code that writing answers, 0 = it works."""

    def __init__(self, author: str = "github-actions[bot]", refuse: int = 0) -> None:
        self.comments: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str, str]] = []  # method, path, token
        self.author = author
        self.refuse = refuse
        self.elsewhere = ""  # where reading is sent to

    def __enter__(self) -> Self:
        stub = self

        class Handler(_Handler):
            owner: ClassVar[Stub] = stub

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *anything: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def add(self, author: str, body: str) -> None:
        self.comments.append({"id": len(self.comments) + 1, "body": body, "user": {"login": author}})


class _Handler(BaseHTTPRequestHandler):
    owner: ClassVar[Stub]

    def do_GET(self) -> None:
        if self.owner.elsewhere:
            self.note()
            self.send_response(302)
            self.send_header("Location", self.owner.elsewhere)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        query = self.path.partition("?")[2]
        page = int(dict(part.split("=") for part in query.split("&"))["page"])
        self.note()
        self.answer(200, self.owner.comments[(page - 1) * 100 : page * 100])

    def do_POST(self) -> None:
        if not self.refused():
            self.owner.add(self.owner.author, self.value()["body"])
            self.answer(201, self.owner.comments[-1])

    def do_PATCH(self) -> None:
        if not self.refused():
            self.owner.comments[int(self.path.rpartition("/")[2]) - 1]["body"] = self.value()["body"]
            self.answer(200, {})

    do_PUT = do_PATCH

    def refused(self) -> bool:
        self.note()
        if self.owner.refuse:
            self.value()
            self.answer(self.owner.refuse, {"message": "no"})
        return bool(self.owner.refuse)

    def note(self) -> None:
        token = self.headers.get("PRIVATE-TOKEN") or (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.owner.asked.append((self.command, self.path.partition("?")[0], token))

    def value(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, code: int, value: object) -> None:
        content = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *anything: object) -> None:
        pass
