"""Policies that people get wrong, one Service each, and a grid of requests: the corners of istio-semantics 1 and 9, asked of the real thing."""

from itertools import product
from typing import Any

from tests.support.tokens import jwks

Json = dict[str, Any]
TOKENS: Json = {"jwtRules": [{"issuer": "https://issuer.one", "jwks": jwks()}, {"issuer": "https://issuer.two", "jwks": jwks(), "audiences": ["shop"]}]}


def _allow(*rules: Json) -> Json:
    return {"action": "ALLOW", **({"rules": list(rules)} if rules else {})}


def _deny(*rules: Json) -> Json:
    return {"action": "DENY", "rules": list(rules)}


def _from(**fields: list[str]) -> Json:
    return {"from": [{"source": fields}]}


def _to(**fields: list[str]) -> Json:
    return {"to": [{"operation": fields}]}


def _when(key: str, values: list[str] | None = None, nots: list[str] | None = None) -> Json:
    return {"when": [{"key": key} | ({"values": values} if values else {}) | ({"notValues": nots} if nots else {})]}


# Each entry: the policies of one Service.
CASES: tuple[tuple[Json, ...], ...] = (
    (), (_allow(),), (_allow({}),), (_deny({}),), (_allow({}), _deny(_to(methods=["GET"]))), (_allow(), _allow(_to(methods=["GET"]))),
    # Negations, and peers or requests without the attribute.
    (_allow(_from(notNamespaces=["evil"])),), (_allow(_from(notPrincipals=["cluster.local/ns/shop/sa/bad"])),), (_deny(_from(notPrincipals=["*"])),),
    (_deny(_from(notNamespaces=["shop"])),), (_deny(_from(notServiceAccounts=["shop/web"])),), (_allow(_from(notRequestPrincipals=["*"])),),
    (_deny(_from(notRequestPrincipals=["*"])),), (_allow(_when("request.headers[x-env]", None, ["dev"])),), (_allow(_when("request.headers[x-env]", ["*"])),),
    (_deny(_when("request.headers[x-env]", ["*"])),), (_allow(_when("request.headers[x-env]", ["d*"], ["dev"])),),
    # Identities.
    (_allow(_from(principals=["spiffe://cluster.local/ns/shop/sa/web"])),), (_allow(_from(principals=["cluster.local/ns/shop/sa/web"])),),
    (_allow(_from(principals=["cluster.local/ns/shop/*"])),), (_allow(_from(principals=["*/sa/web"])),), (_allow(_from(principals=["*"])),),
    (_allow(_from(principals=["cluster.local/ns/*/sa/web"])),), (_allow(_from(principals=["*/ns/shop/*"])),), (_allow(_from(serviceAccounts=["web"])),),
    (_allow(_from(serviceAccounts=["shop/a.b"])),), (_allow(_from(namespaces=["sho*"])),), (_allow(_from(namespaces=["s*p"])),), (_allow(_from(namespaces=["sh.p"])),),
    (_allow(_from(principals=["cluster.local/ns/shop/sa/web"], namespaces=["evil"])),),
    ({"action": "ALLOW", "rules": [{"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/web"]}}, {"source": {"namespaces": ["evil"]}}]}]},),
    # Hosts, methods, paths.
    (_allow(_to(hosts=["example.com"])),), (_allow(_to(hosts=["example.com*"])),), (_allow(_to(hosts=["*.example.com"])),), (_deny(_to(notHosts=["example.com"])),),
    (_allow(_to(methods=["get"])),), (_allow(_to(methods=["*"])),), (_allow(_to(methods=["P*"])),), (_allow(_to(methods=["*T"])),),
    (_allow(_to(paths=["/admin*"])),), (_allow(_to(paths=["/admin/*"])),), (_allow(_to(paths=["/admin", "/admin/*"])),), (_allow(_to(paths=["*/admin"])),),
    (_allow(_to(paths=["/a*n"])),), (_allow(_to(paths=["*"])),), (_allow(_to(paths=["/foo/{*}"])),), (_allow(_to(paths=["/foo/{**}"])),),
    (_allow(_to(paths=["/foo/{**}/"])),), (_allow(_to(paths=["/{*}/bar"])),), (_deny(_to(notPaths=["/foo/*"])),), (_deny(_to(paths=["/admin"])),),
    (_allow(_to(paths=["/foo/*"], notPaths=["/foo/bar"])),), (_deny(_to(paths=["/foo//bar"])),),
    # Ports, and fields of HTTP at a TCP port.
    (_allow(_to(ports=["80"])),), (_allow(_to(ports=["8080"])),), (_deny(_to(ports=["9000"])),), (_deny(_to(methods=["GET"])),), (_deny(_to(ports=["9000"], methods=["GET"])),),
    (_deny(_from(requestPrincipals=["*"])),), (_deny({**_from(principals=["cluster.local/ns/shop/sa/web"]), **_to(paths=["/x"])}),),
    (_allow({**_from(principals=["cluster.local/ns/shop/sa/web"]), **_to(methods=["GET"])}, _from(namespaces=["evil"])),),
    (_deny({**_from(namespaces=["evil"]), **_when("request.headers[x-env]", ["dev"])}),), (_deny(_when("request.auth.claims[groups]", ["admin"])),),
    (_allow({**_to(notPorts=["9000"]), **_when("destination.port", ["80", "9000"])}),),
    # Addresses.
    (_allow(_from(ipBlocks=["10.9.0.0/16"])),), (_allow(_from(notIpBlocks=["10.9.0.0/16"])),), (_allow(_from(remoteIpBlocks=["10.9.0.0/16"])),),
    (_deny(_from(notRemoteIpBlocks=["10.9.0.0/16"])),), (_allow(_when("source.ip", ["10.9.0.5"])),), (_allow(_when("remote.ip", ["10.9.0.5"], ["10.8.0.0/16"])),),
    (_allow(_when("destination.ip", ["10.96.0.0/16"])),), (_allow(_when("connection.sni", ["*"])),), (_allow(_when("connection.sni", None, ["x"])),),
    # Tokens.
    (_allow(_from(requestPrincipals=["*"])),), (_allow(_from(requestPrincipals=["https://issuer.one/*"])),), (_allow(_from(requestPrincipals=["*/ann"])),),
    (_allow(_from(requestPrincipals=["https://issuer.one/ann/x"])),), (_allow(_when("request.auth.claims[groups]", ["admin"])),),
    (_allow(_when("request.auth.claims[groups]", ["*"])),), (_allow(_when("request.auth.claims[groups]", None, ["admin"])),), (_allow(_when("request.auth.claims[n]", ["*"])),),
    (_allow(_when("request.auth.claims[n]", None, ["7"])),), (_allow(_when("request.auth.claims[scope]", ["write"])),), (_allow(_when("request.auth.claims[scope]", ["read write"])),),
    (_allow(_when("request.auth.claims[nest][role]", ["root"])),), (_allow(_when("request.auth.claims[nest]", ["*"])),), (_allow(_when("request.auth.claims[nest.role]", ["root"])),),
    (_allow(_when("request.auth.audiences", ["shop"])),), (_allow(_when("request.auth.presenter", ["web"])),), (_allow(_when("request.auth.principal", ["https://issuer.one/ann"])),),
    (_allow(_when("request.auth.claims[iss]", ["https://issuer.two"])),),
    # More than one policy, and what changes nothing.
    ({"action": "AUDIT", "rules": [{}]},), (_allow(_to(methods=["GET"])), _allow(_to(methods=["POST"]))), (_deny(_to(methods=["GET"])), _deny(_to(paths=["/admin"]))),
)


def objects() -> list[Json]:
    """One namespace with a waypoint; Service ``sN`` has the policies of case N."""
    found: list[Json] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"istio.io/dataplane-mode": "ambient", "istio.io/use-waypoint": "wp"}}},
        {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "wp", "namespace": "shop", "labels": {"istio.io/waypoint-for": "service"}},
         "spec": {"gatewayClassName": "istio-waypoint", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]}},
        {"apiVersion": "security.istio.io/v1", "kind": "RequestAuthentication", "metadata": {"name": "jwt", "namespace": "shop"},
         "spec": {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "wp"}], **TOKENS}}]
    for number, policies in enumerate(CASES):
        name = f"s{number}"
        found.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
                      "spec": {"clusterIP": f"10.96.1.{number + 1}", "selector": {"app": name},
                               "ports": [{"name": "http", "port": 80, "targetPort": 8080, "appProtocol": "http"}, {"name": "tcp", "port": 9000, "targetPort": 9000, "appProtocol": "tcp"}]}})
        for index, spec in enumerate(policies):
            found.append({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": f"{name}-{index}", "namespace": "shop"},
                          "spec": {"targetRefs": [{"group": "", "kind": "Service", "name": name}], **spec}})
    return found


PEERS = (None, "spiffe://cluster.local/ns/shop/sa/web", "spiffe://cluster.local/ns/shop/sa/a.b", "spiffe://cluster.local/ns/shop/sa/aXb",
         "spiffe://cluster.local/ns/evil/sa/web", "spiffe://cluster.local/ns/shopx/sa/bad", "spiffe://other.domain/ns/shop/sa/web")
REQUESTS: tuple[tuple[str, str, Json], ...] = (
    ("GET", "/", {}), ("POST", "/admin", {"x-env": "dev"}), ("get", "/admin/x", {"x-env": ""}), ("PUT", "/administrator", {"host": "example.com:8080"}),
    ("GET", "/foo/bar", {"host": "Example.com"}), ("GET", "/foo/bar/", {"host": "www.example.com"}), ("GET", "/foo/", {"x-env": "dark"}), ("GET", "/foo", {}),
    ("DELETE", "/foo/bar/baz?x=1", {"x-forwarded-for": "10.9.0.5"}), ("GET", "/foo//bar", {"x-forwarded-for": "10.8.0.1, 10.9.0.5"}), ("GET", "/foo/../admin", {}),
    ("GET", "/%61dmin", {}), ("PATCH", "/a*n", {"x-env": "dev,dark"}), ("OPTIONS", "/x/bar", {}))
CLAIMS: tuple[Json | None, ...] = (
    None, {"iss": "https://issuer.one", "sub": "ann", "groups": ["admin", "dev"], "scope": "read write", "n": 7}, {"iss": "https://issuer.one", "sub": "ann/x", "groups": "admin"},
    {"iss": "https://issuer.two", "sub": "bob"}, {"iss": "https://issuer.two", "sub": "bob", "aud": ["shop", "x"], "azp": "web", "nest": {"role": "root"}},
    {"iss": "https://issuer.three", "sub": "ann"}, {"iss": "https://issuer.one", "nest": {"role": ["root"]}, "nest.role": "root"})


def questions() -> list[Json]:
    """At every Service: each peer with each request, each token with one request, each peer as a TCP connection; from two addresses in turn."""
    found = []
    for number in range(len(CASES)):
        where = {"engine": "waypoint", "service": f"shop/s{number}", "proxy": "shop/wp"}
        grid = [*((peer, request, None) for peer, request in product(PEERS, REQUESTS)), *((PEERS[1], REQUESTS[0], claims) for claims in CLAIMS)]
        for turn, (peer, (method, path, headers), claims) in enumerate(grid):
            found.append({**where, "port": 80, "peer": peer, "source_ip": ("10.9.0.5", "192.0.2.1")[turn % 2], "method": method, "path": path,
                          "headers": {"host": "example.com", **headers}, "claims": claims})
        found.extend({**where, "port": 9000, "peer": peer, "source_ip": address} for peer, address in product(PEERS, ("10.9.0.5", "192.0.2.1")))
    return found
