"""The path that real Envoy shows to its filters, with istiod's default settings, against the rule of tests/reference."""

import random
from collections.abc import Callable

import pytest
from tests.reference.normalization import Mode, normalized
from tests.support.envoy import Envoy, loopback
from tests.support.http2 import Connection, block
from tests.support.random_worlds import PATHS

PIECES = ("/", "/", "//", ".", "..", "a", "B7", "%2e", "%2E", "%2f", "%5C", "\\", "%61", "%7e", "%25", "%zz", "%4", "%", ";", "=", "+", "~", "-", "_", ":", "@", "&", "$",
          "!", "'", "(", ")", "*", ",", "[", "]", '"', "<", ">", "^", "`", "{", "|", "}", "\xe9", "%c3%a9", "?", "?x=/../", "%00", "#", "...", ".%2e", "v1", "orders")


# What istiod sends for each of its modes.
MODES: dict[Mode, dict[str, object]] = {
    "NONE": {"path_with_escaped_slashes_action": "KEEP_UNCHANGED"},
    "BASE": {"normalize_path": True, "path_with_escaped_slashes_action": "KEEP_UNCHANGED"},
    "MERGE_SLASHES": {"normalize_path": True, "merge_slashes": True, "path_with_escaped_slashes_action": "KEEP_UNCHANGED"},
    "DECODE_AND_MERGE_SLASHES": {"normalize_path": True, "merge_slashes": True, "path_with_escaped_slashes_action": "UNESCAPE_AND_FORWARD"},
}


def echo(mode: Mode) -> dict[str, object]:
    """A listener that answers with the path as its filters see it, and with 400 as Envoy does."""
    kind = "type.googleapis.com/envoy.extensions.filters.{}"
    routes = [{"match": {"prefix": ""}, "direct_response": {"status": 200}}]
    manager = {"@type": kind.format("network.http_connection_manager.v3.HttpConnectionManager"), "stat_prefix": "test", **MODES[mode],
               "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
               "local_reply_config": {"body_format": {"text_format_source": {"inline_string": "%REQ(:PATH)%"}}},
               "http_filters": [{"name": "router", "typed_config": {"@type": kind.format("http.router.v3.Router")}}]}
    return {"name": "echo", "address": loopback(), "filter_chains": [{"filters": [{"name": "manager", "typed_config": manager}]}]}


@pytest.mark.parametrize("mode", sorted(MODES))
def test_paths_are_what_the_reference_says(mode: Mode, envoy: None, count_cases: Callable[[str, int], None]) -> None:
    rng = random.Random("paths")
    paths = [*PATHS, *("/" + "".join(rng.choices(PIECES, k=rng.randint(1, 9))) for _ in range(5_000))]
    # Envoy 1.40 takes "..;x" for ".."; older ones do not.
    paths = [one for one in paths if ".;" not in one]
    with Envoy([echo(mode)]) as running:
        connection = Connection(running.ports["echo"])
        wrong = []
        for start in range(0, len(paths), 500):
            some = paths[start : start + 500]
            connection.send([block("GET", one, "x") for one in some])
            for path, reply in zip(some, connection.receive(), strict=True):
                seen = reply.body.partition("?")[0] if reply.status == 200 else None
                if seen != normalized(path, mode):
                    wrong.append((path, reply, normalized(path, mode)))
        connection.close()
    count_cases("paths that Envoy normalized", len(paths))
    assert wrong == [], wrong[:20]
