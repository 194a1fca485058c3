"""Asks a real API server with istiod's webhook about made-up objects, and holds our validation against its answers.

    python -m tests.conformance.refusals.ask --kubeconfig FILE [--objects 5000] [--seed 1] [--kind NAME ...] [--record FILE]

Every object is sent twice as a dry run, as server-side apply and as a strict create; it is refused when one of them is.  The
schemas that lead the making of objects come from the server.  Exit code 1 when there was a disagreement.
"""

import argparse
import gzip
import http.client
import json
import queue
import ssl
import sys
import threading
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import yaml
from tests.conformance.refusals.objects import objects, size
from tests.conformance.test_refusals import verdict

HERE = Path(__file__).parent
GROUPS = ("security.istio.io", "networking.istio.io", "extensions.istio.io", "telemetry.istio.io", "gateway.networking.k8s.io")
THREADS = 3


class Server:
    """One connection to the API server of a kubeconfig with a token; certificates are not looked at, so loopback only."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        url = urlsplit(config["clusters"][0]["cluster"]["server"])
        if url.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise SystemExit("only a server on this machine is asked")
        self.address = (url.hostname, url.port)
        self.token = config["users"][0]["user"]["token"]
        self.connection: http.client.HTTPSConnection | None = None

    def request(self, method: str, path: str, body: str | None = None, kind: str = "application/json") -> tuple[int, dict[str, Any]]:
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(*self.address, context=ssl._create_unverified_context(), timeout=60)
        self.connection.request(method, path, body.encode() if body is not None else None,
                                {"Authorization": f"Bearer {self.token}", "Content-Type": kind, "Accept": "application/json"})
        answer = self.connection.getresponse()
        content = answer.read()
        try:
            return answer.status, json.loads(content)
        except ValueError:
            return answer.status, {"message": content.decode("utf-8", "replace")}

    def refusal(self, content: dict[str, Any], plural: str) -> str:
        """What the server says against the object; "" = nothing."""
        namespace = content["metadata"].get("namespace")
        base = f"/apis/{content['apiVersion']}/" + (f"namespaces/{namespace}/" if namespace else "") + plural
        query = "fieldManager=ask&dryRun=All&fieldValidation=Strict"
        body = json.dumps(content)
        said = []
        for method, path, kind in (("PATCH", f"{base}/{quote(content['metadata']['name'])}?{query}&force=true", "application/apply-patch+yaml"),
                                   ("POST", f"{base}?{query}", "application/json")):
            status, answer = self.request(method, path, body, kind)
            if status >= 300:
                said.append(f"{status} {answer.get('message', '')}")
        return "\n".join(said)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kubeconfig", type=Path, required=True)
    parser.add_argument("--objects", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--record", type=Path, help="write a sample of what was judged, half of it refused")
    arguments = parser.parse_args()
    server = Server(arguments.kubeconfig)
    server.request("POST", "/api/v1/namespaces", json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}))
    schemas, plurals = _schemas(server, arguments.kind)
    seeds = [each for each in yaml.safe_load_all((HERE / "seeds.yaml").read_text()) if each]
    asked = list(islice(objects(schemas, seeds, arguments.seed), arguments.objects))
    started = time.monotonic()
    answers = _ask_all(arguments.kubeconfig, asked, plurals)
    wrong = 0
    counts: Counter[tuple[str, bool]] = Counter()
    for content, refusal in zip(asked, answers, strict=True):
        counts[content["kind"], bool(refusal)] += 1
        ours = verdict(content)
        if content["kind"] == "EnvoyFilter" and "configuration is invalid" in refusal and not ours:
            counts["EnvoyFilter (what it writes is not looked at)", True] += 1
        elif bool(ours) != bool(refusal):
            wrong += 1
            if wrong <= 40:
                print(f"{content['kind']} {json.dumps(content['spec'])[:700]}\n  ours: {ours or 'taken'}\n  real: {refusal[:500] or 'taken'}")
    for kind in sorted({kind for kind, _ in counts}):
        print(f"{kind}: {counts[kind, False]} taken, {counts[kind, True]} refused")
    print(f"{len(asked)} objects in {time.monotonic() - started:.0f} s: {wrong} disagreements")
    if arguments.record:
        _record(arguments.record, asked, answers)
    return 1 if wrong else 0


def _schemas(server: Server, kinds: list[str]) -> tuple[dict[tuple[str, str, str], Any], dict[tuple[str, str], str]]:
    """Schemas of `spec` and the names in URLs, for each kind in one version that is served."""
    schemas, plurals = {}, {}
    _, found = server.request("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
    for each in found["items"]:
        spec = each["spec"]
        kind = spec["names"]["kind"]
        if spec["group"] in GROUPS and (not kinds or kind in kinds):
            version = next(one for one in spec["versions"] if one["served"])
            schemas[spec["group"], version["name"], kind] = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
            plurals[spec["group"], kind] = spec["names"]["plural"]
    return schemas, plurals


def _ask_all(kubeconfig: Path, asked: list[dict[str, Any]], plurals: dict[tuple[str, str], str]) -> list[str]:
    answers = [""] * len(asked)
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(asked)):
        waiting.put(index)
    done = Counter[str]()

    def work() -> None:
        server = Server(kubeconfig)
        while True:
            try:
                index = waiting.get_nowait()
            except queue.Empty:
                return
            content = asked[index]
            answers[index] = server.refusal(content, plurals[content["apiVersion"].partition("/")[0], content["kind"]])
            done["all"] += 1
            if done["all"] % 1000 == 0:
                print(f"asked about {done['all']} of {len(asked)}", file=sys.stderr, flush=True)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _record(path: Path, asked: list[dict[str, Any]], answers: list[str]) -> None:
    """At most 45 taken and 45 refused ones of each kind, the refused ones with different reasons first."""
    import re

    rows: list[dict[str, Any]] = []
    seen: Counter[tuple[str, str]] = Counter()
    full: Counter[tuple[str, bool]] = Counter()
    for most in (1, 3, 100):
        for content, answer in zip(asked, answers, strict=True):
            group = content["apiVersion"].partition("/")[0] + content["kind"]
            reason = re.sub(r"\[[^\]]*\]|\d+|\"[^\"]*\"|'[^']*'", "", answer)[:120] if answer else str(size(content) // 40)
            row = {"message": answer[:200], "object": content, "refused": bool(answer)}
            if size(content) < 2500 and seen[group, reason] < most and full[group, bool(answer)] < 45 and row not in rows:
                seen[group, reason] += 1
                full[group, bool(answer)] += 1
                rows.append(row)
    rows.sort(key=lambda row: (row["object"]["kind"], json.dumps(row["object"], sort_keys=True)))
    path.write_bytes(gzip.compress("".join(json.dumps(row, sort_keys=True) + "\n" for row in rows).encode(), mtime=0))
    print(f"{len(rows)} recorded")


if __name__ == "__main__":
    sys.exit(main())
