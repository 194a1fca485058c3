"""A bundle with one of everything that matters for bytes."""

from meshwright.ir.manifest import Bundle, Manifest

ODD = "yes: 'no' \"on\" # \\ \t é 😀 \u2028 0o7"


def shop() -> Bundle:
    """Policies, a cluster-scoped object, label patches; strings that need quotes."""
    source = {"principals": ("cluster.local/ns/shop/sa/web", "cluster.local/ns/shop/sa/y")}
    rules = [{"from": [{"source": source}], "to": [{"operation": {"ports": ["80", "0777"], "paths": ["/a/{*}", "/on", ODD]}}]}]
    security, api = "security.istio.io/v1", "gateway.networking.k8s.io/v1"
    gateway = {"gatewayClassName": "istio-waypoint", "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]}
    return Bundle(
        (
            Manifest(api, "Gateway", "shop", "waypoint", {"spec": gateway}, "shop waypoint", (("istio.io/waypoint-for", "service"),)),
            Manifest(api, "GatewayClass", "", "edge", {"spec": {"controllerName": "example.org/edge"}}, "edge class"),
            Manifest(
                security, "AuthorizationPolicy", "shop", "orders-allow", {"spec": {"action": "ALLOW", "rules": rules}}, "shop/orders allow"
            ),
            Manifest(security, "AuthorizationPolicy", "shop", "nobody", {"spec": {}}, "shop baseline", (), (("note", ODD),)),
            Manifest(
                security,
                "PeerAuthentication",
                "shop",
                "n",
                {"spec": {"mtls": {"mode": "STRICT"}, "portLevelMtls": {"8080": {"mode": "STRICT"}}}},
                "shop mtls",
            ),
        ),
        (),
        (Manifest("v1", "Service", "shop", "orders", {}, "shop/orders binding", (("istio.io/use-waypoint", "waypoint"),)),),
    )
