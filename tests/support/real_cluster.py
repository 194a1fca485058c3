"""A whole mesh of real parts: what istiod sends, decided hop by hop by real Envoys, and at ztunnel by the evaluator of tests/reference.

It answers the same questions as ``tests.reference.cluster.Cluster``, which is ours and slow and short; both have to say the same.
"""

from base64 import b64decode
from collections.abc import Sequence
from ipaddress import ip_address
from types import TracebackType
from typing import Any

from meshwright.record import NamedTuple
from tests.reference.ztunnel import Ztunnel
from tests.support.data_plane import DataPlane, NoDoor
from tests.support.istiod import Istiod

Json = dict[str, Any]
CLIENT = "10.244.9.9"  # any pod


class _Bound(NamedTuple):
    waypoint: str  # namespace/name of the waypoint that clients are told; "" = none
    pods: tuple[tuple[str, dict[int, int]], ...]  # each with its target port by service port


class RealCluster:
    """The mesh that the documents make, asked in the words of the reference evaluator."""

    def __init__(self, istiod: Istiod, documents: Sequence[Json], certificates: Sequence[str] = (), trust_domain: str = "cluster.local") -> None:
        answer = istiod.ask(documents, ["ztunnel", "envoy"], mesh={"trustDomain": trust_domain}, certificates=certificates)
        if answer["refused"]:
            raise ValueError(f"istiod refuses: {answer['refused'][:3]}")
        self._domain = trust_domain
        self._ztunnel = Ztunnel(answer["authorizations"], answer["addresses"])
        self._proxies = {f"{one['namespace']}/{one['name']}": one for one in answer["proxies"] if one["kind"] != "sidecar"}
        self._services = {f"{one['service']['namespace']}/{one['service']['name']}": self._bound(one["service"], answer["addresses"])
                          for one in answer["addresses"] if "service" in one}
        self._plane = DataPlane({"real": list(self._proxies.values())})

    def __enter__(self) -> "RealCluster":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._plane.__exit__(kind, error, where)

    def dial(self, caller: str, service: str, port: int, method: str = "", path: str = "") -> bool:
        """A captured workload that runs as ``caller`` ("ns/account") asks a service; ``method`` is "" at a port without HTTP."""
        return self._service(self._principal(caller), service, port, method, path, service.split("/")[1], bool(self._services[service].waypoint))

    def dial_pod(self, caller: str, workload: str, port: int) -> bool:
        """The same by the address of a pod of "ns/kind/name"; ``caller`` "" is plaintext."""
        namespace, _, name = workload.split("/")
        return self._ztunnel.decide(f"{namespace}/{name}-0", self._principal(caller) if caller else None, CLIENT, port) == "allow"

    def enter(self, gateway: str, listener: int, host: str, method: str, path: str) -> str:
        """A client outside sends a request to a gateway: the "ns/service:port" whose pods get it, "" = nobody."""
        question = {"engine": "gateway", "proxy": gateway, "port": listener, "peer": None, "source_ip": "203.0.113.9", "method": method, "path": path,
                    "headers": {"host": host}}
        try:
            (reply,) = self._plane.ask("real", [question])
        except NoDoor:
            return ""
        if not reply.allowed:
            return ""
        # outbound|PORT||SERVICE.NAMESPACE.svc.cluster.local
        _, port, _, name = reply.by.split("|")
        service, namespace, *_ = name.split(".")
        key = f"{namespace}/{service}"
        proxy = self._proxies[gateway]
        (endpoints,) = [one for one in proxy["endpoints"] if one["cluster_name"] == reply.by]
        through = {one.get("metadata", {}).get("filter_metadata", {}).get("envoy.filters.listener.original_dst", {}).get("waypoint", "")
                   for locality in endpoints["endpoints"] for one in locality["lb_endpoints"]}
        peer = self._principal(f"{proxy['namespace']}/{proxy['account']}")
        (passes,) = [bool(one) for one in through]
        return f"{key}:{port}" if self._service(peer, key, int(port), method, path, host, passes) else ""

    def _service(self, peer: str, service: str, port: int, method: str, path: str, host: str, passes: bool) -> bool:
        bound = self._services[service]
        if passes:
            http = {"method": method, "path": path, "headers": {"host": host}} if method else {}
            question = {"engine": "waypoint", "proxy": bound.waypoint, "service": service, "port": port, "peer": peer, "source_ip": CLIENT, **http}
            (reply,) = self._plane.ask("real", [question])
            if not reply.allowed:
                return False
            waypoint = self._proxies[bound.waypoint]
            peer = self._principal(f"{waypoint['namespace']}/{waypoint['account']}")
        answers = {self._ztunnel.decide(pod, peer, CLIENT, targets[port]) == "allow" for pod, targets in bound.pods}
        if len(answers) != 1:
            raise ValueError(f"{service}: {'its pods do not agree' if answers else 'no pods'}")
        return answers.pop()

    def _principal(self, account: str) -> str:
        namespace, _, name = account.partition("/")
        return f"spiffe://{self._domain}/ns/{namespace}/sa/{name}"

    def _bound(self, service: Json, addresses: Sequence[Json]) -> _Bound:
        key = f"{service['namespace']}/{service['hostname']}"
        pods = []
        for one in addresses:
            ports = one.get("workload", {}).get("services", {}).get(key)
            if ports is not None:
                pods.append((f"{one['workload']['namespace']}/{one['workload']['name']}", {each["service_port"]: each.get("target_port", 0) for each in ports.get("ports", ())}))
        waypoint = service.get("waypoint", {}).get("hostname", {}).get("hostname", "")
        name, namespace = waypoint.split(".")[:2] if waypoint else ("", "")
        virtual = any(not ip_address(b64decode(one["address"])).is_unspecified for one in service.get("addresses", ()))
        # Nothing passes the waypoint of a service without an address of its own.
        return _Bound(f"{namespace}/{name}" if waypoint and virtual else "", tuple(pods))
