"""Which protocol a Service port speaks, by Istio's rule: `appProtocol` replaces the port's name; of a name the part before "-" counts."""

from meshwright.ir.inventory import Protocol

_WORDS: dict[str, Protocol] = {
    "http": "http",
    "http_proxy": "http",
    "http2": "http2",
    "grpc": "grpc",
    "tcp": "tcp",
    "tls": "tls",
    "https": "https",
    "mongo": "mongo",
    "redis": "redis",
    "mysql": "mysql",
    "udp": "udp",
}
_KUBERNETES: dict[str, Protocol] = {"kubernetes.io/h2c": "http2", "kubernetes.io/ws": "http", "kubernetes.io/wss": "https"}
_NEVER_SNIFFED = (25, 53, 3306, 27017)  # the server speaks first: Istio takes them for TCP


def protocol_of(transport: str, app_protocol: str | None, name: str, number: int) -> Protocol:
    """``app_protocol`` None = not given.  "undeclared": neither says a protocol Istio knows, and it would sniff."""
    if transport == "UDP":
        return "udp"
    if transport == "SCTP":
        return "sctp"
    if app_protocol is not None:
        if app_protocol in _KUBERNETES:
            return _KUBERNETES[app_protocol]
        name = app_protocol
    name = name.lower()
    if name.startswith("grpc-web"):
        return "grpc-web"
    found = _WORDS.get(name.partition("-")[0], "undeclared")
    return "tcp" if found == "undeclared" and number in _NEVER_SNIFFED else found
