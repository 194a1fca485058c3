"""Random meshes and random requests, the same for the same seed on every machine: policies of every shape, well and badly written.

A world is a list of Kubernetes objects; a question has the fields of ``decide``'s questions.  Values come from small pools, so that policies
and requests meet; each pool has the awkward ones of its field.
"""

import random
from typing import Any

from tests.support.tokens import jwks

Json = dict[str, Any]

ACCOUNTS = ("api", "web", "db", "job", "a.b")
SPACES = ("amb0", "amb1", "car0", "outside")
PEERS = (None, *(f"spiffe://cluster.local/ns/{space}/sa/{account}" for space in SPACES for account in ACCOUNTS),
         "spiffe://cluster.local/ns/amb0/sa/aXb", "spiffe://cluster.local/ns/amb0x/sa/api", "spiffe://old.domain/ns/amb0/sa/api",
         "spiffe://cluster.local/ns/amb0/sa/wp", "spiffe://CLUSTER.local/ns/amb0/sa/api")
ADDRESSES = ("10.9.0.5", "10.9.1.7", "10.8.0.1", "192.0.2.1", "203.0.113.9", "127.0.0.9")
BLOCKS = ("10.9.0.0/16", "10.9.0.5", "10.9.0.5/32", "10.9.0.0/24", "203.0.113.0/24", "0.0.0.0/0", "2001:db8::/32", "10.9.1.7/8", "127.0.0.0/8")
PRINCIPALS = (*(f"cluster.local/ns/{space}/sa/{account}" for space in SPACES for account in ACCOUNTS), "*", "cluster.local/*", "*/sa/api", "*/sa/job",
              "cluster.local/ns/amb0/*", "cluster.local/ns/amb0/sa/a*", "*b", "spiffe://cluster.local/ns/amb0/sa/api", "old.domain/ns/amb0/sa/api", "*/ns/*",
              "cluster.local/ns/*/sa/api", "Cluster.local/ns/amb0/sa/api", "cluster.local/ns/amb0/sa/a.b")
NAMESPACES = (*SPACES, "amb*", "*0", "*", "a*0", "amb.", "outsid?", "am")
SERVICE_ACCOUNTS = (*(f"{space}/{account}" for space in SPACES for account in ACCOUNTS), *ACCOUNTS)
METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "get")
METHOD_VALUES = (*METHODS, "P*", "*T", "*", "GE*", "G*T")
PATHS = ("/", "/v1", "/v1/", "/v1/orders", "/v1/orders/7", "/v1/orders/7/items", "/v1/orders/", "/V1/orders", "/v1//orders", "/v1/./orders",
         "/v1/../admin", "/%61dmin", "/admin", "/admin/", "/admin/x", "/administrator", "/debug", "/debug/pprof", "/debug%2fpprof", "/a\\b", "/v1/orders?x=1",
         "/admin?y=/v1", "/v1/orders;p=1", "/shop.Cart/Add", "/shop.Cart/Get", "/v1/o*", "/static/app.js", "/v1/%2e%2e/admin", "/v1/orders/%37", "/*",
         "/v1/..", "/..", "//", "/v1/.", "/v1/orders/..", "///a/../..//admin", "/v1/\xe9", "/v1/{a}", "/v1/%zz", "/a%00b", "/v1#x", "/v1/orders/%2E%2e/7", "/admin/...",
         "/v1/%2F7", "/v1/orders/a|b", "/v1/[a]", "/v1/orders/x]/items", "/[/orders")
PATH_VALUES = ("/", "/v1", "/v1/*", "/v1*", "/v1/orders", "/v1/orders/", "/admin", "/admin/*", "/admin*", "*/admin", "*.js", "*", "/debug/*", "*/items",
               "/v1/{*}", "/v1/{**}", "/v1/{*}/7", "/{*}/orders", "/v1/{**}/items", "/{**}", "/v1/orders/{*}", "/v1/{*}/{*}/items", "/shop.Cart/*", "/shop.Cart/Add",
               "/v1/o*", "/*/orders", "/v1/orders/7", "/V1/orders", "/a/b", "/v1//orders", "/debug%2fpprof", "/{*}/",
               "//*", "*/7", "/v1/%7Ba%7D", "/v1/{*}b", "/v1/%E9", "/v1/a{*}", "/{**}/admin")
HOSTS = ("shop.example.com", "shop.example.com:8080", "SHOP.example.com", "other.example.org", "api.amb0.svc.cluster.local", "api", "example.com", "shop.example.com.evil")
HOST_VALUES = ("shop.example.com", "Shop.Example.com", "*.example.com", "shop.*", "*", "*example.com", "other.example.org", "shop.example.com:8080", "shop.example.com*",
               "api*", "sh*.com", "EXAMPLE.com")
PORTS = ("80", "8080", "9000", "5432", "50051", "0", "65535", "443")
HEADERS = (None, "", "dev", "prod", "de", "DEV", "dev,prod", "x*")
HEADER_VALUES = ("dev", "prod", "d*", "*v", "*", "de*v", "DEV", "dev,prod", "x*")
ISSUERS = ("https://issuer.one", "https://issuer.two")
REQUEST_PRINCIPALS = ("*", "https://issuer.one/ann", "https://issuer.one/bob", "https://issuer.two/ann", "https://issuer.one/*", "*/ann", "*/bob", "https://issuer.two/*",
                      "https://issuer.one/a*b", "https://issuer.one", "https://issuer.one/ann/x")
CLAIMS: tuple[Json | None, ...] = (
    None, None, {"iss": ISSUERS[0], "sub": "ann"}, {"iss": ISSUERS[0], "sub": "bob", "groups": ["admin", "dev"], "scope": "read write"},
    {"iss": ISSUERS[1], "sub": "ann", "groups": "admin", "aud": "shop", "azp": "web"}, {"iss": ISSUERS[1], "sub": "ann/x", "nest": {"role": "root", "deep": {"x": "y"}}},
    {"iss": ISSUERS[0], "sub": "ann", "aud": ["shop", "bank"], "scope": "write", "n": 7, "b": True}, {"iss": ISSUERS[0], "groups": [], "scope": ""},
    {"iss": "https://issuer.three", "sub": "eve"}, {"iss": ISSUERS[1], "sub": "", "nest": {"role": ["root", "dev"]}, "groups": ["adm"]},
    {"iss": ISSUERS[0], "sub": "bob", "aud": "bank", "azp": "", "permission": "a b", "groups": None, "a.b": "c"})
WHENS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("source.ip", BLOCKS), ("source.namespace", NAMESPACES), ("source.principal", PRINCIPALS), ("source.serviceAccount", SERVICE_ACCOUNTS), ("remote.ip", BLOCKS),
    ("destination.port", PORTS), ("destination.ip", ("10.96.1.1", "10.96.1.0/24", "10.96.0.0/16", "10.244.0.0/16", "10.244.0.4")), ("connection.sni", ("shop.example.com", "*", "*.com")),
    ("request.headers[x-env]", HEADER_VALUES), ("request.headers[X-Env]", HEADER_VALUES), ("request.headers[:authority]", HOST_VALUES),
    ("request.headers[x-none]", ("*", "a")),
    ("request.auth.principal", REQUEST_PRINCIPALS), ("request.auth.audiences", ("shop", "bank", "s*", "*", "*k")), ("request.auth.presenter", ("web", "*", "w*")),
    ("request.auth.claims[groups]", ("admin", "dev", "*", "adm*", "*n")), ("request.auth.claims[scope]", ("read", "write", "read write", "*", "w*")),
    ("request.auth.claims[iss]", (*ISSUERS, "*one", "*")), ("request.auth.claims[sub]", ("ann", "*", "b*")), ("request.auth.claims[nest][role]", ("root", "*", "r*")),
    ("request.auth.claims[nest][deep][x]", ("y", "*")), ("request.auth.claims[nest]", ("*", "root")), ("request.auth.claims[n]", ("7", "*")),
    ("request.auth.claims[b]", ("true", "*")), ("request.auth.claims[a.b]", ("c", "*")), ("request.auth.claims[permission]", ("a", "b", "a b")))
# Negations are in the same pool as the field that they negate.
SOURCES = {"principals": PRINCIPALS, "requestPrincipals": REQUEST_PRINCIPALS, "namespaces": NAMESPACES, "serviceAccounts": SERVICE_ACCOUNTS,
           "ipBlocks": BLOCKS, "remoteIpBlocks": BLOCKS}
OPERATIONS = {"hosts": HOST_VALUES, "ports": PORTS, "methods": METHOD_VALUES, "paths": PATH_VALUES}
SERVICES: tuple[tuple[str, tuple[tuple[str, int, int], ...]], ...] = (
    ("api", (("http", 80, 8080), ("tcp", 9000, 9000))), ("web", (("http", 80, 8080), ("grpc", 50051, 50051))), ("db", (("tcp", 5432, 5432),)))
AUTHORIZERS = ("authz", "other")  # what MeshConfig has; a policy may name another one
AMBIENT, SIDECAR = ("amb0", "amb1"), ("car0",)
GATEWAY = "gateway.networking.k8s.io"


def objects(seed: str) -> list[Json]:
    """A world: two ambient namespaces with a waypoint each, one with sidecars, the root namespace; policies wherever they can be."""
    rng = random.Random(seed)
    found: list[Json] = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}}]
    for number, name in enumerate(AUTHORIZERS, 1):
        found.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "istio-system"},
                      "spec": {"clusterIP": f"10.96.9.{number}", "selector": {"app": name}, "ports": [{"name": "http", "port": 8000, "targetPort": 8000}]}})
    for number, space in enumerate((*AMBIENT, *SIDECAR), 1):
        ambient = space in AMBIENT
        labels = {"istio.io/dataplane-mode": "ambient", "istio.io/use-waypoint": "wp"} if ambient else {"istio-injection": "enabled"}
        found.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space, "labels": labels}})
        if ambient:
            found.append({"apiVersion": f"{GATEWAY}/v1", "kind": "Gateway", "metadata": {"name": "wp", "namespace": space, "labels": {"istio.io/waypoint-for": "service"}},
                          "spec": {"gatewayClassName": "istio-waypoint", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]}})
        for index, (name, ports) in enumerate(SERVICES, 1):
            found.extend(_service(space, name, ports, f"10.96.{number}.{index}"))
        found.extend(_policies(rng, space, ambient))
    found.extend(_root(rng))
    return found


def mesh(seed: str) -> Json:
    """The MeshConfig of such a world: mostly the default."""
    rng = random.Random(f"mesh {seed}")
    check = {"port": 8000, "includeRequestHeadersInCheck": ["x-authz"], "timeout": "10s"}
    found: Json = {"extensionProviders": [{"name": name, "envoyExtAuthzHttp": {**check, "service": f"{name}.istio-system.svc.cluster.local"}} for name in AUTHORIZERS]}
    domains: Json = rng.choices(({}, {"trustDomainAliases": ["old.domain"]}, {"trustDomain": "old.domain"}), (75, 17, 8))[0]
    found |= domains
    if rng.random() < 0.25:
        found["pathNormalization"] = {"normalization": rng.choice(("NONE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"))}
    return found


def questions(seed: str, number: int) -> list[Json]:
    """Requests and connections at every door of such a world, in the order of the doors."""
    rng = random.Random(seed)
    doors = [("waypoint", space, name, port, protocol) for space in AMBIENT for name, ports in SERVICES for protocol, port, _ in ports]
    doors += [("sidecar", space, name, port, protocol) for space in SIDECAR for name, ports in SERVICES for protocol, _, port in ports]
    http = [door for door in doors if door[4] != "tcp"]
    tcp = [door for door in doors if door[4] == "tcp"]
    found = []
    for _ in range(number):
        # A TCP connection costs as much as ten requests, and has a tenth of their attributes.
        engine, space, name, port, protocol = rng.choice(tcp) if rng.random() < 0.04 else rng.choice(http)
        one: Json = {"engine": engine, "service": f"{space}/{name}", "proxy": f"{space}/{'wp' if engine == 'waypoint' else name}", "port": port,
                     "peer": rng.choice(PEERS), "source_ip": rng.choice(ADDRESSES)}
        if protocol != "tcp":
            headers = {"host": rng.choice(HOSTS)}
            env = rng.choice(HEADERS)
            if env is not None:
                headers["x-env"] = env
            if rng.random() < 0.3:
                headers["x-authz"] = rng.choice(("deny", "deny", "allow"))
            if rng.random() < 0.3:
                headers["x-forwarded-for"] = rng.choice(ADDRESSES)
            one |= {"method": "POST" if protocol == "grpc" else rng.choice(METHODS), "path": rng.choice(PATHS), "headers": headers,
                    "claims": rng.choice(CLAIMS) if rng.random() < 0.4 else None}
        found.append(one)
    return sorted(found, key=lambda one: (one["service"], one["port"], one["source_ip"]))


def connections(seed: str, number: int) -> list[Json]:
    """Connections to pods that ztunnel captures."""
    rng = random.Random(seed)
    return [{"engine": "ztunnel", "workload": f"{rng.choice(AMBIENT)}/{rng.choice(SERVICES)[0]}", "peer": rng.choice(PEERS), "source_ip": rng.choice(ADDRESSES),
             "target_port": rng.choice((8080, 9000, 5432, 80, 50051, 15021))} for _ in range(number)]


def _service(space: str, name: str, ports: tuple[tuple[str, int, int], ...], address: str) -> list[Json]:
    listed = [{"name": f"{protocol}-{port}", "port": port, "targetPort": target, "appProtocol": protocol} for protocol, port, target in ports]
    pod = {"metadata": {"labels": {"app": name, "tier": "back" if name != "web" else "front"}},
           "spec": {"serviceAccountName": name, "containers": [{"name": "c", "image": "x", "ports": [{"containerPort": target} for _, _, target in ports]}]}}
    return [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": space}},
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": space},
             "spec": {"clusterIP": address, "selector": {"app": name}, "ports": listed}},
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": space},
             "spec": {"selector": {"matchLabels": {"app": name}}, "template": pod}}]


def _policies(rng: random.Random, space: str, ambient: bool) -> list[Json]:
    found = [_policy(rng, f"p{number}", space, _where(rng, ambient)) for number in range(rng.randint(2, 6))]
    if rng.random() < 0.8:
        for number in range(rng.randint(1, 2)):
            where = _where(rng, ambient)
            rules = [_token_rule(rng, issuer) for issuer in rng.sample(ISSUERS, rng.randint(1, 2))]
            found.append({"apiVersion": "security.istio.io/v1", "kind": "RequestAuthentication", "metadata": {"name": f"jwt{number}", "namespace": space},
                          "spec": {**where, "jwtRules": rules}})
    if rng.random() < 0.4:
        modes = ("STRICT", "PERMISSIVE", "DISABLE", "UNSET")
        spec: Json = {"mtls": {"mode": rng.choice(modes)}}
        if rng.random() < 0.5:
            spec |= {"selector": {"matchLabels": {"app": rng.choice(("api", "web", "db"))}},
                     "portLevelMtls": {rng.choice(("8080", "9000", "5432")): {"mode": rng.choice(modes)}}}
        found.append({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"name": "mtls", "namespace": space}, "spec": spec})
    return found


def _root(rng: random.Random) -> list[Json]:
    """Policies of the root namespace are rare: one of them often decides everything."""
    found = []
    if rng.random() < 0.2:
        target = {"targetRefs": [{"group": GATEWAY, "kind": "GatewayClass", "name": "istio-waypoint"}]}
        found.append(_policy(rng, "class", "istio-system", target))
    if rng.random() < 0.15:
        found.append(_policy(rng, "root", "istio-system", {} if rng.random() < 0.5 else {"selector": {"matchLabels": {"app": "api"}}}))
    return found


def _where(rng: random.Random, ambient: bool) -> Json:
    if ambient and rng.random() < 0.65:
        service = {"group": "", "kind": "Service"}
        some = rng.choice((["api"], ["web"], ["db"], ["api", "web"], []))
        if some:
            return {"targetRefs": [{**service, "name": name} for name in some]}
        return {"targetRefs": [{"group": GATEWAY, "kind": "Gateway", "name": "wp"}]}
    return rng.choice(({}, {"selector": {"matchLabels": {"app": "api"}}}, {"selector": {"matchLabels": {"app": "web"}}}, {"selector": {"matchLabels": {"tier": "back"}}},
                       {"selector": {"matchLabels": {"app": "db"}}}, {"selector": {}}))


def _policy(rng: random.Random, name: str, space: str, where: Json) -> Json:
    metadata: Json = {"name": name, "namespace": space}
    if rng.random() < 0.03:
        metadata["annotations"] = {"istio.io/dry-run": "true"}
    spec: Json = {**where, "action": rng.choices(("ALLOW", "DENY", "AUDIT", "CUSTOM"), (57, 35, 3, 5))[0]}
    sources = SOURCES
    if spec["action"] == "CUSTOM":
        spec["provider"] = {"name": rng.choices((*AUTHORIZERS, "nobody"), (80, 10, 10))[0]}
        sources = {name: pool for name, pool in SOURCES.items() if name.endswith(("ipBlocks", "IpBlocks"))}  # the webhook takes no other ones
    rules = [_rule(rng, sources) for _ in range(rng.choices((0, 1, 2, 3), (2, 50, 33, 15))[0])]
    if rules:
        spec["rules"] = rules
    return {"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": metadata, "spec": spec}


def _rule(rng: random.Random, sources: dict[str, tuple[str, ...]]) -> Json:
    rule: Json = {}
    if rng.random() < 0.6:
        rule["from"] = [{"source": _fields(rng, sources)} for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.6:
        rule["to"] = [{"operation": _fields(rng, OPERATIONS)} for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.4:
        rule["when"] = [_when(rng) for _ in range(rng.choices((1, 2), (75, 25))[0])]
    return rule


def _fields(rng: random.Random, pools: dict[str, tuple[str, ...]]) -> Json:
    found: Json = {}
    for _ in range(rng.choices((1, 2, 3), (65, 28, 7))[0]):
        name = rng.choice(tuple(pools))
        values = rng.sample(pools[name], rng.choices((1, 2, 3, 4), (45, 30, 15, 10))[0])
        found[name if rng.random() < 0.75 else "not" + name[0].upper() + name[1:]] = values
    if "serviceAccounts" in found or "notServiceAccounts" in found:
        # The schema refuses them beside these; mostly stay with what it takes.
        for name in ("principals", "notPrincipals", "namespaces", "notNamespaces"):
            if rng.random() < 0.95:
                found.pop(name, None)
    return found


def _when(rng: random.Random) -> Json:
    key, pool = rng.choice(WHENS)
    found: Json = {"key": key}
    kind = rng.random()
    if kind < 0.75:
        found["values"] = rng.sample(pool, rng.randint(1, min(2, len(pool))))
    if kind > 0.65:
        found["notValues"] = rng.sample(pool, rng.randint(1, min(2, len(pool))))
    return found


def _token_rule(rng: random.Random, issuer: str) -> Json:
    rule: Json = {"issuer": issuer, "jwks": jwks()}
    if rng.random() < 0.15:
        rule["audiences"] = [rng.choice(("shop", "bank"))]
    if rng.random() < 0.1:
        rule["forwardOriginalToken"] = True
    if rng.random() < 0.1:
        rule["spaceDelimitedClaims"] = ["groups"]
    return rule
