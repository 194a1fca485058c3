"""What the listeners and routes of Gateway API gateways send where.  From istio-semantics 4.3 and 5.4."""

from typing import Any, NamedTuple

from tests.reference import istio
from tests.reference.istio import Document, NotJudged, spec

API = "gateway.networking.k8s.io"


class Http(NamedTuple):
    method: str
    path: str
    host: str


class Gateways:
    """The gateways among some objects; ``namespaces``: labels by name."""

    def __init__(self, objects: list[Document], namespaces: dict[str, dict[str, str]]) -> None:
        self.objects, self.namespaces = objects, namespaces

    def admits(self, listener: Document, own: str, other: str) -> bool:
        """allowedRoutes: which namespaces may attach."""
        chosen = (listener.get("allowedRoutes") or {}).get("namespaces") or {}
        if (chosen.get("from") or "Same") == "Same":
            return own == other
        if chosen["from"] == "All":
            return True
        selector = chosen.get("selector")
        if selector is None or any(one["operator"] != "In" for one in selector.get("matchExpressions") or ()):
            raise NotJudged("a selector of namespaces")
        labels = {"kubernetes.io/metadata.name": other, **self.namespaces.get(other, {})}
        return (selector.get("matchLabels") or {}).items() <= labels.items() and all(
            labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions") or ())

    def backends(self, gateway: Document, port: int, http: Http, headers: dict[str, str] | None = None) -> set[str]:
        """The "ns/service:port"s that the listeners at one port send a request to."""
        where, short = gateway["metadata"]["namespace"], gateway["metadata"]["name"]
        groups: dict[str, list[Document]] = {}
        for listener in spec(gateway)["listeners"]:
            if listener["port"] == port and self.certified(gateway, listener):
                if listener["protocol"] == "HTTP":
                    groups.setdefault("", []).append(listener)
                elif listener["protocol"] in ("HTTPS", "TLS"):
                    if (listener.get("tls") or {}).get("mode") == "Passthrough":
                        continue
                    groups.setdefault(listener["name"], []).append(listener)
        found: set[str] = set()
        for listeners in groups.values():
            tables: dict[str, list[Any]] = {}
            for listener in listeners:
                kinds = (listener.get("allowedRoutes") or {}).get("kinds")
                for route in self.objects:
                    if route["kind"] != "HTTPRoute" or (kinds and not any(one.get("kind") == "HTTPRoute" for one in kinds)):
                        continue
                    if not self.admits(listener, where, route["metadata"]["namespace"]) or not any(
                            (parent.get("group", API), parent.get("kind", "Gateway")) == (API, "Gateway")
                            and (parent.get("namespace", route["metadata"]["namespace"]), parent["name"]) == (where, short)
                            and parent.get("sectionName", listener["name"]) == listener["name"] and parent.get("port", port) == port
                            for parent in spec(route).get("parentRefs") or ()):
                        continue
                    for domain in istio.domains(listener.get("hostname", ""), spec(route).get("hostnames") or [""]):
                        tables.setdefault(domain, []).extend((route, rule, match) for rule, match in istio.matches_of(route))
            meeting = [domain for domain in tables if istio.host_meets(domain, http.host)]
            if meeting:  # the narrowest domain that meets the host has the only table that is read
                best = max(meeting, key=lambda domain: (domain != "", not domain.startswith("*"), len(domain)))
                found |= {one for one in istio.table(tables[best], http.method, http.path, self.granted, headers) if one}
        return found

    def certified(self, gateway: Document, listener: Document) -> bool:
        where = gateway["metadata"]["namespace"]
        return all(self.reference(("Gateway", where), "Secret", ref.get("namespace", where), ref["name"])
                   for ref in (listener.get("tls") or {}).get("certificateRefs") or ())

    def granted(self, route: Document, ref: Document) -> bool:
        where = route["metadata"]["namespace"]
        return self.reference(("HTTPRoute", where), "Service", ref.get("namespace", where), ref["name"])

    def reference(self, source: tuple[str, str], kind: str, namespace: str, name: str) -> bool:
        if source[1] == namespace:
            return True
        return any(one["kind"] == "ReferenceGrant" and one["metadata"]["namespace"] == namespace
                   and any((item.get("group"), item.get("kind"), item.get("namespace")) == (API, *source) for item in spec(one).get("from") or ())
                   and any((item.get("group") or "", item.get("kind")) == ("", kind) and item.get("name", name) == name for item in spec(one).get("to") or ())
                   for one in self.objects)
