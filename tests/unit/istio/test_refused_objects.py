"""What is refused is said precisely: which field, what is wrong, what is allowed, at its line."""

from typing import Any

import pytest
import yaml
from tests.unit.istio.world import MESH

from meshwright.inventory import place_in, read_tree
from meshwright.ir.filetree import File, FileTree
from meshwright.ir.inventory import EMPTY, Object
from meshwright.istio import model
from meshwright.istio.valid import Known, Wrong, refuse
from meshwright.source import LineIndex

SEC, NET, GAT = "security.istio.io/v1", "networking.istio.io/v1", "gateway.networking.k8s.io/v1"


def why(api: str, kind: str, spec: str, **metadata: Any) -> str:
    content = {"apiVersion": api, "kind": kind, "metadata": {"name": "x", "namespace": "shop", **metadata}, "spec": yaml.safe_load(spec)}
    try:
        refuse(Object(api, kind, "shop", "x", content, None), Known())  # type: ignore[arg-type]  # no place is asked for
    except Wrong as wrong:
        return str(wrong)
    return ""


@pytest.mark.parametrize(("api", "kind", "spec", "message"), [
    (SEC, "AuthorizationPolicy", "{rules: [{to: [{operation: {ports: ['80', http]}}]}]}",
     "`spec.rules[0].to[0].operation.ports[1]` is `http`, which is no port number from 0 to 65535"),
    (SEC, "AuthorizationPolicy", "{rules: [{to: [{operation: {ports: [80]}}]}]}",
     "`spec.rules[0].to[0].operation.ports[0]` must be a text, not a number: write it in quotes"),
    (SEC, "AuthorizationPolicy", "{rule: []}", "`spec.rule` is no field of this kind; did you mean `rules`?"),
    (SEC, "AuthorizationPolicy", "{action: DNY, rules: [{}]}",
     "`spec.action` is `DNY`, which is none of ALLOW, DENY, AUDIT, CUSTOM; did you mean `DENY`?"),
    (SEC, "AuthorizationPolicy", "{selector: null, rules: [{}]}", "`spec.selector` must be a mapping, not null"),
    (SEC, "AuthorizationPolicy", "{selector: {}, targetRefs: []}", "`spec.targetRefs` must not be set together with `selector`"),
    (SEC, "AuthorizationPolicy", "{rules: [{to: [{operation: {paths: ['/{**}/{*}']}}]}]}",
     "`spec.rules[0].to[0].operation.paths[0]` is `/{**}/{*}`, where `{**}` is not the last operator"),
    (SEC, "PeerAuthentication", "{selector: {matchLabels: {a: b}}, portLevelMtls: {'99999': {}}}",
     "`spec.portLevelMtls.99999` is no port number from 1 to 65535"),
    (SEC, "RequestAuthentication", "{jwtRules: [{issuer: a, jwksUri: 'ftp://a'}]}",
     "`spec.jwtRules[0].jwksUri` is `ftp://a`, which is no URL with http or https"),
    (NET, "VirtualService", "{hosts: [a], http: [{match: [{uri: {regex: '('}}], route: [{destination: {host: a}}]}]}",
     "`spec.http[0].match[0].uri.regex` is `(`, which is no regular expression of RE2: a `(` is not closed"),
    (NET, "DestinationRule", "{host: a, trafficPolicy: {outlierDetection: {interval: 1.5ms}}}",
     "`spec.trafficPolicy.outlierDetection.interval` is `1.5ms`: at least one millisecond, and whole ones"),
    (NET, "Gateway", "{servers: [{hosts: [a.b], port: {name: a, number: 443, protocol: HTTPS}}]}",
     "`spec.servers[0].tls` is required for the protocol HTTPS"),
    (GAT, "HTTPRoute", "{rules: [{backendRefs: [{name: a}]}]}", "`spec.rules[0].backendRefs[0].port` is required for a Service"),
    (GAT, "HTTPRoute", "{hostnames: [A.b]}",
     "`spec.hostnames[0]` is `A.b`, which is no DNS name in lower case, at most with `*.` in front"),
    (GAT, "Gateway", "{gatewayClassName: istio, listeners: [{name: a, port: 80.5, protocol: HTTP}]}",
     "`spec.listeners[0].port` must be a whole number, not a number"),
])
def test_the_message(api: str, kind: str, spec: str, message: str) -> None:
    assert why(api, kind, spec) == message


@pytest.mark.parametrize(("metadata", "message"), [
    ({"labels": {"a b": "x"}}, '`metadata.labels["a b"]` is no name, and no domain, slash and name'),
    ({"labels": {"a": "x/y"}}, "`metadata.labels.a` is `x/y`, which is no value of a label"),
    ({"annotations": {"a": 1}}, "`metadata.annotations.a` must be a text, not a number"),
    ({"name": "A"}, "`metadata.name` is `A`, which is no DNS name in lower case"),
    ({"nmae": "x"}, "`metadata.nmae` is no field of metadata"),
    ({"annotations": {"istio.io/dry-run": "perhaps"}}, '`metadata.annotations["istio.io/dry-run"]` is `perhaps`, which is neither true nor false'),
    ({"annotations": {"internal.istio.io/parents": "x"}}, '`metadata.annotations["internal.istio.io/parents"]` must not be set here'),
])
def test_metadata(metadata: dict[str, Any], message: str) -> None:
    metadata = {"name": "x", "namespace": "shop", **metadata}
    content = {"apiVersion": SEC, "kind": "AuthorizationPolicy", "metadata": metadata, "spec": {"rules": [{}]}}
    with pytest.raises(Wrong) as wrong:
        refuse(Object(SEC, "AuthorizationPolicy", "shop", metadata["name"], content, None), Known())  # type: ignore[arg-type]
    assert str(wrong.value) == message


def test_the_line() -> None:
    """In the second document of a file, at the item that is wrong."""
    text = """apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: web
  namespace: shop
spec:
  action: DENY
  rules:
  - to:
    - operation:
        ports:
        - "80"
        - http
"""
    tree = FileTree((File("shop.yaml", text.encode(), ""),))
    objects = read_tree(tree).value
    assert objects is not None
    (found,) = model(objects, EMPTY, MESH, lambda one, place: place_in(tree, one, place)).diagnostics
    assert found.code == "MW0450" and found.span is not None
    line, _ = LineIndex(text).position(found.span.start)
    assert LineIndex(text).line(line).strip() == "- http" and text[found.span.start : found.span.end] == "http"


@pytest.mark.parametrize("text", ["(" * 2000, "[" * 1024, "(a{100}){100}", "x" * 1025, "\\", "(?P<a>x)(?P<a>y)", "a**", "(?<=a)", "\\1"])
def test_regular_expressions_that_nobody_takes(text: str) -> None:
    match = {"match": [{"uri": {"regex": text}}], "route": [{"destination": {"host": "a"}}]}
    assert why(NET, "VirtualService", yaml.safe_dump({"hosts": ["a"], "http": [match]}))


def test_hostile_input_ends_soon() -> None:
    for text in ("(" * 5000, "[" * 5000, "a?" * 5000 + ":" * 5000, "-" * 20_001, "f(" * 3000):
        assert why("telemetry.istio.io/v1", "Telemetry", yaml.safe_dump({"accessLogging": [{"filter": {"expression": text}}]}))
    for text in ("[" * 5000, '{"keys":' + "[" * 5000, '{"keys":[' + "{" * 100):
        assert why(SEC, "RequestAuthentication", yaml.safe_dump({"jwtRules": [{"issuer": "a", "jwks": text}]}))
    assert why(GAT, "HTTPRoute", yaml.safe_dump({"rules": [{"filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {
        "set": [{"name": "a", "value": "a" * 4000 + "\x00"}]}}]}]}))
