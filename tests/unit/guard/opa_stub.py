"""A loopback server that answers as OPA does in the requests we make; evaluation by the embedded engine."""

import json
import re
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import regorus


class Stub:
    """``answers``: what to say instead: a function from (method, path) to (status, body) or None; ``delay``: seconds before each answer."""

    def __init__(self) -> None:
        self.policies: dict[str, str] = {}
        self.seen: list[tuple[str, str, str]] = []  # method, path with query, Authorization
        self.uploads: list[str] = []
        self.answers: Callable[[str, str], tuple[int, bytes] | None] = lambda method, path: None
        self.delay = 0.0
        self.drip = False  # send answers a byte at a time
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args) -> None:
                pass

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                stub.seen.append((self.command, self.path, self.headers.get("Authorization") or ""))
                time.sleep(stub.delay)
                status, answer = stub.answers(self.command, self.path) or stub.answer(self.command, self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                for byte in answer if stub.drip else ():
                    self.wfile.write(bytes((byte,)))
                    time.sleep(0.1)
                if not stub.drip:
                    self.wfile.write(answer)

            do_GET = do_PUT = do_POST = do_DELETE = handle_any

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(path)
        name = unquote(parts.path.removeprefix("/v1/policies/"))
        if method == "GET":
            return 200, json.dumps({"result": [self.listed(key, text) for key, text in self.policies.items()]}).encode()
        if method == "DELETE":
            return (200, b"{}") if self.policies.pop(name, None) is not None else (404, b'{"code": "resource_not_found", "message": "x"}')
        if method == "PUT":
            self.uploads.append(body.decode())
            engine = self.engine()
            try:
                engine.add_policy(name, body.decode())
            except RuntimeError as problem:
                wrong = {"code": "rego_parse_error", "message": str(problem).split("\n\nStack", 1)[0], "location": {"file": name, "row": 1, "col": 1}}
                return 400, json.dumps({"code": "invalid_parameter", "message": "error(s) occurred while compiling module(s)", "errors": [wrong]}).encode()
            self.policies[name] = body.decode()
            return 200, b"{}"
        assert "strict-builtin-errors=true" in parts.query
        engine = self.engine()
        engine.set_input_json(json.dumps(json.loads(body)["input"]))
        try:
            found = json.loads(engine.eval_query_as_json("data." + parts.path.removeprefix("/v1/data/").replace("/", ".")))
        except RuntimeError as problem:
            wrong = {"code": "eval_builtin_error", "message": str(problem).split("\n\nStack", 1)[0], "location": {"file": "x.rego", "row": 3, "col": 1}}
            return 500, json.dumps({"code": "internal_error", "message": "error(s) occurred while evaluating query", "errors": [wrong]}).encode()
        result = {"result": found["result"][0]["expressions"][0]["value"]} if found.get("result") else {}
        return 200, json.dumps({**result, "provenance": {"version": "1.22.2"}}).encode()

    def engine(self) -> regorus.Engine:
        engine = regorus.Engine()
        for name, text in self.policies.items():
            engine.add_policy(name, text)
        return engine

    @staticmethod
    def listed(name: str, text: str) -> dict:
        package = re.search(r"(?m)^package\s+([\w.]+)", text).group(1)
        path = [{"type": "var", "value": "data"}, *({"type": "string", "value": part} for part in package.split("."))]
        heads = re.findall(r"(?m)^(\w+)(?= contains| if| :=|\()", text)
        return {"id": name, "raw": text, "ast": {"package": {"path": path}, "rules": [{"head": {"name": head}} for head in heads]}}
