"""What a gateway changes of a request before the waypoint sees it: the token, and whose address is the forwarded one."""

from tests.unit.istio.test_paths import GATEWAY, TO_WEB
from tests.unit.istio.world import WAYPOINT, reaches, shop, way

from meshwright.access.reach import Reach, Way
from meshwright.access.request import Witness, evaluate


def _behind_gateway(gateway_rules: str, waypoint_policy: str, more: str = "") -> tuple[Reach, Way]:
    text = GATEWAY + TO_WEB + f"""
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: t, namespace: edge}}
spec: {{jwtRules: {gateway_rules}}}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: t, namespace: shop}}
spec: {{targetRefs: [{{group: "", kind: Service, name: web}}], jwtRules: [{{issuer: i{more}}}]}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {{name: p, namespace: shop}}
spec: {{targetRefs: [{{group: "", kind: Service, name: web}}], rules: [{waypoint_policy}]}}
---
""" + WAYPOINT
    given = shop()
    given = given._replace(workloads=tuple(one._replace(excluded_inbound=(8080,)) for one in given.workloads))
    reach = reaches(text, given)["shop/Deployment/web"]
    return reach, way(reach, "gateway")


def _asks(found: Way, ip: str = "10.0.0.9", **attributes: str) -> bool:
    given = tuple(sorted((name.replace("__", ":"), value) for name, value in attributes.items()))
    return evaluate(found.admitted, Witness("", ip, 80, "GET", "/", "shop.example.com", given))


def test_a_gateway_takes_the_token_unless_it_is_told_to_forward_it() -> None:
    only = "{from: [{source: {requestPrincipals: ['i/u']}}]}"
    token = {"claim__iss": "i", "claim__sub": "u"}
    reach, taken = _behind_gateway("[{issuer: i}]", only)
    assert not _asks(taken, **token) and not any("token" in reason for reason in reach.unknown)
    assert _asks(_behind_gateway("[{issuer: i, forwardOriginalToken: true}]", only)[1], **token)
    assert _asks(_behind_gateway("[]", only)[1], **token)
    for rules, more in (("[{issuer: i}, {issuer: j, forwardOriginalToken: true}]", ""), ("[{issuer: i}]", ", fromHeaders: [{name: x}]")):
        reach, doubtful = _behind_gateway(rules, only, more)
        assert any("token" in reason for reason in reach.unknown) and _asks(doubtful, **token)


def test_behind_a_gateway_the_forwarded_address_is_the_clients() -> None:
    _, found = _behind_gateway("[]", "{from: [{source: {remoteIpBlocks: [203.0.113.0/24]}}]}")
    assert _asks(found, "203.0.113.7") and not _asks(found, "10.0.0.9", remote_ip="203.0.113.7")
