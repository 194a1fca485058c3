"""What the model of Istio says to a question that real Envoys were asked."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from meshwright.access.request import Witness, evaluate
from meshwright.ir.intent import Mesh
from meshwright.ir.inventory import Object
from meshwright.istio.attachment import Policies
from meshwright.istio.kinds.authorization_policy import read_policy
from meshwright.istio.kinds.peer_authentication import read_peer_authentication
from meshwright.istio.kinds.request_authentication import read_request_authentication
from meshwright.istio.peers import Peers
from meshwright.istio.verdict import Verdict
from meshwright.source import Span
from tests.reference.normalization import Mode, normalized
from tests.support.chains import AUTHORIZER_HEADER
from tests.support.random_worlds import AUTHORIZERS

Json = dict[str, Any]


class Model:
    """The model over the objects of one world that the API machinery accepted."""

    def __init__(self, documents: Iterable[Json], config: Json, pods: Mapping[str, str]) -> None:
        """``config`` is the MeshConfig; ``pods`` has the address of each pod (namespace/name)."""
        self._pods = pods
        mesh = Mesh((1, 31), config.get("trustDomain", "cluster.local"), "istio-system", None, tuple(config.get("trustDomainAliases", ())),
                    tuple(one["name"] for one in config.get("extensionProviders", ())))
        self._mode: Mode = config.get("pathNormalization", {}).get("normalization", "BASE")
        objects = [Object(one["apiVersion"], one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"], one, Span("world", 0, 0))
                   for one in documents]
        peers = Peers([read_peer_authentication(one) for one in objects if one.kind == "PeerAuthentication"], mesh.root_namespace)
        tokens = [read_request_authentication(one) for one in objects if one.kind == "RequestAuthentication"]
        self._policies = Policies([read_policy(one) for one in objects if one.kind == "AuthorizationPolicy"], peers, mesh, tokens)
        self._labels: dict[str, dict[str, str]] = {}
        self._addresses: dict[str, str] = {}
        for one in objects:
            spec: Any = one.content.get("spec", {})
            if one.kind == "Deployment":
                self._labels[f"{one.namespace}/{one.name}"] = spec["template"]["metadata"]["labels"]
            elif one.kind == "Service":
                self._addresses[f"{one.namespace}/{one.name}"] = spec["clusterIP"]
        self._verdicts: dict[tuple[str, str, bool], Verdict] = {}

    def answer(self, question: Json) -> tuple[bool, bool]:
        """Whether the request is let in, and whether that is exact; else it is an upper bound: what is not let in is refused for sure."""
        http = "method" in question
        verdict = self._verdict(question["engine"], question["service"], question["proxy"], http)
        headers = question.get("headers", {})
        path = _normalized(question.get("path", "/"), self._mode)
        if path is None:
            return False, True
        request = Witness(_principal(question["peer"]), question["source_ip"], question["port"], question.get("method", "GET"), path,
                          headers.get("host", "x"), self._attributes(question))
        return evaluate(verdict.admitted, request), not verdict.unknown

    def connection(self, workload: str, peer: str | None, source_ip: str, port: int) -> tuple[bool, bool]:
        """The same of a connection at the ztunnel of a workload (namespace/name)."""
        verdict = self._policies.ztunnel(workload.partition("/")[0], self._labels[workload])
        request = Witness(_principal(peer), source_ip, port, "GET", "/", "x", (("destination_ip", self._pods[f"{workload}-0"]),))
        return evaluate(verdict.admitted, request), not verdict.unknown

    def _verdict(self, engine: str, service: str, proxy: str, http: bool) -> Verdict:
        key = (engine, service, http)
        if key not in self._verdicts:
            namespace, _, name = service.partition("/")
            if engine == "waypoint":
                space, _, waypoint = proxy.partition("/")
                self._verdicts[key] = self._policies.waypoint(space, waypoint, (namespace, name), http)
            else:
                self._verdicts[key] = self._policies.envoy(namespace, self._labels[service], http=http)
        return self._verdicts[key]

    def _attributes(self, question: Json) -> tuple[tuple[str, Any], ...]:
        """Headers, claims and addresses as the model names them."""
        headers = question.get("headers", {})
        found: dict[str, Any] = {f"header:{name}": value for name, value in headers.items()}
        found["remote_ip"] = headers.get("x-forwarded-for", question["source_ip"]).rpartition(",")[2].strip()
        for provider in AUTHORIZERS:
            found[f"asked:{provider}"] = "deny" if headers.get(AUTHORIZER_HEADER) == "deny" else "allow"
        found["destination_ip"] = self._addresses[question["service"]] if question["engine"] == "waypoint" else self._pods[f"{question['service']}-0"]
        for name, value in (question.get("claims") or {}).items():
            found.update(_claims(name, value))
        return tuple(sorted(found.items()))


def _claims(path: str, value: object) -> dict[str, Any]:
    """One claim of a token as the model names it, and those inside of it; numbers, truth values and null are no text."""
    if path in ("iss", "sub"):
        return {f"claim:{path}": value}
    if isinstance(value, str):
        return {f"claim:{path}": tuple(value.split()) if path in ("scope", "permission") else (value,)}
    if isinstance(value, list):
        return {f"claim:{path}": tuple([one for one in value if isinstance(one, str)])}
    if isinstance(value, dict):
        return {key: inner for name, one in value.items() for key, inner in _claims(f"{path}/{name}", one).items()}
    return {}


_normalized = lru_cache(maxsize=4096)(normalized)


def _principal(peer: str | None) -> str:
    return (peer or "").removeprefix("spiffe://")

