"""Questions put to real Envoys that carry what real istiod sent: the answers that the model has to give."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from json import dumps, loads
from socket import create_connection
from types import TracebackType
from typing import Any

from meshwright.record import NamedTuple
from tests.support.chains import PEER_HEADER, PEER_TLV, Door, authorizer, gateway_listeners, listeners
from tests.support.envoy import Envoy
from tests.support.http2 import STREAMS, Connection, block, proxy_header
from tests.support.tokens import token

Json = dict[str, Any]
CLIENT_PORT = 40000
_AT_ONCE = 64


class NoDoor(LookupError):
    """A gateway closes the connection: it has no chain for that server name."""


class Answer(NamedTuple):
    """What Envoy did: let the request through or not, the status (0: a TCP connection), and its reason for a refusal."""

    allowed: bool
    status: int
    by: str


Replies = Callable[[], list[Answer]]


class DataPlane:
    """Envoys for some worlds: ``proxies`` of each as istiod's answer has them, worlds named by the keys."""

    def __init__(self, proxies: dict[str, Sequence[Json]]) -> None:
        made: list[Json] = []
        self._doors: dict[tuple[str, str, str], Door] = {}
        for world, found in proxies.items():
            for proxy in found:
                one, doors = gateway_listeners(proxy, f"{world} ") if proxy["kind"] == "router" else listeners(proxy, f"{world} ")
                made.extend(one)
                for key, door in doors.items():
                    self._doors[world, f"{proxy['namespace']}/{proxy['name']}", key] = door
        listener, clusters = authorizer(["authz", "other"])
        self._envoy = Envoy([*made, listener], clusters)

    def __enter__(self) -> "DataPlane":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._envoy.close()

    def refused_by_count(self) -> int:
        """How many requests and connections Envoy's own counters say that RBAC denied."""
        return sum(value for name, value in self._envoy.counters("rbac").items() if name.endswith("rbac.denied"))

    def ask(self, world: str, questions: Iterable[Json]) -> list[Answer]:
        """The answers, in order.  Questions of one door and one address share a connection."""
        questions = list(questions)
        groups: dict[tuple[Door, str], list[int]] = defaultdict(list)
        for number, question in enumerate(questions):
            groups[self._door(world, question), question["source_ip"]].append(number)
        answers: dict[int, Answer] = {}
        work: list[tuple[Door, str, list[int]]] = []
        for (door, address), numbers in groups.items():
            size = STREAMS if door.http else 1
            work.extend((door, address, numbers[start : start + size]) for start in range(0, len(numbers), size))
        # Several connections at once: on a busy machine each wait for the other process costs more than its work.
        for start in range(0, len(work), _AT_ONCE):
            here = work[start : start + _AT_ONCE]
            asked = [(self._http if door.http else self._tcp)(door, address, [questions[number] for number in numbers])
                     for door, address, numbers in here]
            for (_, _, numbers), replies in zip(here, asked, strict=True):
                answers.update(zip(numbers, replies(), strict=True))
        return [answers[number] for number in range(len(questions))]

    def _door(self, world: str, question: Json) -> Door:
        if question["engine"] == "gateway":
            # The server name of the handshake is the host: an exact one, else the longest wildcard, else any.
            name = question["headers"]["host"].partition(":")[0].lower()
            parts = name.split(".")
            tries = [f"/{name}", *("/*." + ".".join(parts[at:]) for at in range(1, len(parts))), ""]
            found = [key for key in (f":{question['port']}{one}" for one in tries) if (world, question["proxy"], key) in self._doors]
            if not found:
                raise NoDoor(f"no chain of {question['proxy']} takes {name} at port {question['port']}")
            return self._doors[world, question["proxy"], found[0]]
        key = f"{question['service']}:{question['port']}" if question["engine"] == "waypoint" else f":{question['port']}"
        return self._doors[world, question["proxy"], key]

    def _http(self, door: Door, address: str, questions: list[Json]) -> Replies:
        connection = Connection(self._envoy.ports[door.listener], (address, CLIENT_PORT), (door.address, door.port))
        connection.send([_block(one) for one in questions])

        def replies() -> list[Answer]:
            try:
                found = [Answer(one.status == 200, one.status, one.body or "direct_response") for one in connection.receive()]
                if any(one.by == "ext_authz_error" for one in found):
                    raise RuntimeError("our own authorizer did not answer")
                return found
            finally:
                connection.close()

        return replies

    def _tcp(self, door: Door, address: str, questions: list[Json]) -> Replies:
        """A byte that comes back was let through: Envoy decides at the first one."""
        (question,) = questions
        peer = () if question["peer"] is None else ((PEER_TLV, question["peer"].encode()),)
        plain = create_connection(("127.0.0.1", self._envoy.ports[door.listener]), timeout=60)
        plain.sendall(proxy_header((address, CLIENT_PORT), (door.address, door.port), peer) + b"x")

        def replies() -> list[Answer]:
            with plain:
                try:
                    return [Answer(plain.recv(1) == b"x", 0, "")]
                except ConnectionResetError:
                    return [Answer(False, 0, "")]

        return replies


def _block(question: Json) -> bytes:
    headers = dict(question["headers"])
    host = headers.pop("host", "x")
    claims = question.get("claims")
    if claims is not None:
        headers["authorization"] = "Bearer " + _token(dumps(claims))
    if question["peer"] is not None:
        headers[PEER_HEADER] = question["peer"]
    return block(question["method"], question["path"], host, tuple(headers.items()))


@lru_cache(maxsize=1000)
def _token(claims: str) -> str:
    return token(loads(claims))
