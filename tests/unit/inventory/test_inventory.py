"""`read_inventory`: what each kind becomes, and what is refused."""

import io

import pytest

from meshwright.diagnostics import Outcome
from meshwright.inventory import read_inventory
from meshwright.ir.inventory import Inventory


def read(tmp_path, text: str | bytes, name: str = "k8s.yaml", **more: object) -> Outcome[Inventory]:
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_inventory(str(tmp_path), ["."], [], "default", **more)


def clean(tmp_path, text: str) -> Inventory:
    outcome = read(tmp_path, text)
    assert outcome.diagnostics == ()
    assert outcome.value is not None
    return outcome.value


def codes(outcome: Outcome[Inventory]) -> list[str]:
    return [found.code for found in outcome.diagnostics]


POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop%s}
spec: {%s}
"""


def service(ports: str, more: str = "", name: str = "web") -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  namespace: shop\nspec:\n  selector:\n    app: web\n{more}  ports:\n{ports}"


def deployment(name: str, ports: str = "", labels: str = "app: web", kind: str = "Deployment") -> str:
    return (
        f"apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: shop\nspec:\n  selector:\n    matchLabels:\n      app: web\n"
        f"  template:\n    metadata:\n      labels:\n        {labels}\n    spec:\n      containers:\n      - name: app\n{ports}"
    )


def test_a_service_finds_its_workloads_and_its_named_target(tmp_path):
    held = clean(
        tmp_path,
        service("  - port: 80\n    name: http\n    targetPort: main\n")
        + "---\n"
        + deployment("web", "        ports:\n        - name: main\n          containerPort: 8080\n"),
    )
    (found,) = held.services
    assert found.workloads == ("shop/Deployment/web",)
    assert (found.ports[0].target, found.ports[0].target_name, found.ports[0].protocol) == (8080, "main", "http")
    assert held.workloads[0].service_account == "default"
    assert [(one.name, one.declared) for one in held.namespaces] == [("shop", False)]


def test_a_named_target_that_two_workloads_resolve_differently_is_none(tmp_path):
    held = clean(
        tmp_path,
        "---\n".join(
            [
                service("  - port: 80\n    targetPort: main\n"),
                deployment("one", "        ports:\n        - name: main\n          containerPort: 8080\n"),
                deployment("two", "        ports:\n        - name: main\n          containerPort: 9090\n"),
            ]
        ),
    )
    assert held.services[0].ports[0].target is None


def test_a_named_target_of_another_transport_does_not_resolve(tmp_path):
    held = clean(
        tmp_path,
        service("  - port: 80\n    targetPort: main\n")
        + "---\n"
        + deployment("web", "        ports:\n        - name: main\n          containerPort: 8080\n          protocol: UDP\n"),
    )
    assert held.services[0].ports[0].target is None


def test_a_selector_needs_all_of_its_labels(tmp_path):
    held = clean(
        tmp_path,
        service("  - port: 80\n", "    tier: front\n")
        + "---\n"
        + deployment("web")
        + "---\n"
        + deployment("front", labels="app: web\n        tier: front"),
    )
    assert held.services[0].workloads == ("shop/Deployment/front",)


@pytest.mark.parametrize(
    ("name", "app", "number", "protocol"),
    [
        ("http", None, 80, "http"),
        ("http-web", None, 80, "http"),
        ("http2-web", None, 80, "http2"),
        ("grpc", None, 80, "grpc"),
        ("grpc-web", None, 80, "grpc-web"),
        ("grpc-web-x", None, 80, "grpc-web"),
        ("tcp-db", None, 80, "tcp"),
        ("web", None, 80, "undeclared"),
        ("web", "http", 80, "http"),
        ("http", "kubernetes.io/h2c", 80, "http2"),
        ("x", "kubernetes.io/ws", 80, "http"),
        ("x", "kubernetes.io/wss", 80, "https"),
        ("http", "postgres", 80, "undeclared"),
        ("db", None, 3306, "tcp"),
        ("redis", None, 6379, "redis"),
        ("x", "HTTP", 80, "http"),
        ("httpweb", None, 80, "undeclared"),
    ],
)
def test_the_protocol_of_a_port_follows_istios_rule(tmp_path, name, app, number, protocol):
    more = f"    appProtocol: {app}\n" if app else ""
    held = clean(tmp_path, service(f"  - port: {number}\n    name: {name}\n{more}"))
    assert held.services[0].ports[0].protocol == protocol


def test_kinds_of_services(tmp_path):
    head = "apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: shop}\nspec: {%s}\n---\n"
    held = clean(
        tmp_path,
        head % ("a", "clusterIP: None, ports: [{port: 80}]")
        + head % ("b", "type: ExternalName, externalName: x.example.org")
        + head % ("c", "type: LoadBalancer, ports: [{port: 80}]")
        + head % ("d", "type: NodePort, ports: [{port: 80, nodePort: 30080}]")
        + head % ("e", "externalIPs: [10.1.2.3], ports: [{port: 80, protocol: UDP}]"),
    )
    assert [(one.name, one.kind, one.selector) for one in held.services] == [
        ("a", "headless", None),
        ("b", "external-name", None),
        ("c", "vip", None),
        ("d", "vip", None),
        ("e", "vip", None),
    ]
    assert [(one.service, one.how) for one in held.exposures] == [
        ("shop/c", "LoadBalancer"),
        ("shop/d", "NodePort 30080"),
        ("shop/e", "externalIPs 10.1.2.3"),
    ]
    assert held.services[4].ports[0].protocol == "udp"


NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {%s}}\n---"
AMBIENT = "istio.io/dataplane-mode: ambient"


@pytest.mark.parametrize(
    ("namespace", "pod", "spec", "capture", "reason"),
    [
        (AMBIENT, "", "", "ambient", "namespace label istio.io/dataplane-mode: ambient"),
        ("", ", labels: {istio.io/dataplane-mode: ambient}", "", "ambient", "pod label istio.io/dataplane-mode: ambient"),
        (AMBIENT, ", labels: {istio.io/dataplane-mode: none}", "", "outside", "pod label istio.io/dataplane-mode: none"),
        (AMBIENT, "", "hostNetwork: true", "outside", "hostNetwork: true"),
        ("", "", "", "outside", "no label istio.io/dataplane-mode: ambient on the namespace or the pods"),
        ("istio-injection: enabled", "", "", "sidecar", "namespace label istio-injection: enabled"),
        (
            "istio-injection: enabled",
            ', labels: {sidecar.istio.io/inject: "false"}',
            "",
            "outside",
            "no label istio.io/dataplane-mode: ambient on the namespace or the pods",
        ),
        ("istio.io/rev: canary", "", "", "sidecar", "namespace label istio.io/rev: canary"),
        ("", ', labels: {sidecar.istio.io/inject: "true"}', "", "sidecar", "pod label sidecar.istio.io/inject: true"),
        ("", ", labels: {istio.io/rev: canary}", "", "sidecar", "pod label istio.io/rev: canary"),
        (AMBIENT + ", istio-injection: enabled", "", "", "sidecar", "namespace label istio-injection: enabled"),
        (
            AMBIENT,
            ', annotations: {ambient.istio.io/bypass-inbound-capture: "true"}',
            "",
            "outside",
            "annotation ambient.istio.io/bypass-inbound-capture: true",
        ),
        (AMBIENT, "", "containers: [{name: istio-proxy}]", "sidecar", "container istio-proxy in the pod template"),
        (
            AMBIENT,
            ", labels: {gateway.networking.k8s.io/gateway-name: public}",
            "",
            "sidecar",
            "a gateway's own proxy (label gateway.networking.k8s.io/gateway-name)",
        ),
    ],
)
def test_capture(tmp_path, namespace, pod, spec, capture, reason):
    held = clean(tmp_path, NAMESPACE % namespace + POD % (pod, spec))
    assert (held.workloads[0].capture, held.workloads[0].capture_reason) == (capture, reason)


def test_excluded_ports_count_for_sidecars_only(tmp_path):
    note = ', annotations: {traffic.sidecar.istio.io/excludeInboundPorts: "9090,15020"}'
    assert clean(tmp_path, NAMESPACE % AMBIENT + POD % (note, "")).workloads[0].excluded_inbound == ()
    assert clean(tmp_path, NAMESPACE % "istio-injection: enabled" + POD % (note, "")).workloads[0].excluded_inbound == (9090, 15020)


@pytest.mark.parametrize(
    ("api", "kind", "open", "close"),
    [
        ("apps/v1", "StatefulSet", "template: {", "}"),
        ("apps/v1", "DaemonSet", "template: {", "}"),
        ("apps/v1", "ReplicaSet", "template: {", "}"),
        ("batch/v1", "Job", "template: {", "}"),
        ("batch/v1", "CronJob", "jobTemplate: {spec: {template: {", "}}}"),
        ("v1", "Pod", "", ""),
    ],
)
def test_every_workload_kind_gives_its_account(tmp_path, api, kind, open, close):
    inner = "spec: {serviceAccountName: robot, containers: []}"
    body = inner if kind == "Pod" else f"spec: {{{open}{inner}{close}}}"
    held = clean(tmp_path, f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: x, namespace: shop}}\n{body}\n".replace("\nspec: {}", ""))
    assert [(one.id, one.service_account) for one in held.workloads] == [(f"shop/{kind}/x", "robot")]


def test_what_a_controller_made_is_not_listed_twice(tmp_path):
    owner = ", ownerReferences: [{kind: ReplicaSet, name: web-1, controller: true}]"
    both = clean(tmp_path, deployment("web") + "---" + POD % (owner, ""))
    assert [one.id for one in both.workloads] == ["shop/Deployment/web"]
    outcome = read(tmp_path, POD % (owner, ""))
    alone = outcome.value
    assert alone is not None and codes(outcome) == ["MW0818"]
    assert (alone.workloads, [one.id for one in alone.unknown]) == ((), ["Pod shop/web"])


def test_unknown_kinds_are_listed(tmp_path):
    outcome = read(
        tmp_path,
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web, namespace: shop}\nspec: {template: {spec: {containers: []}}}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n---\n"
        "apiVersion: v1\nkind: Endpoints\nmetadata: {name: web}\n---\n"
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: 'system:web'}\n---\n"
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: all, namespace: shop}\nspec: {}\n",
    )
    held = outcome.value
    assert held is not None
    assert [(found.code, found.severity) for found in outcome.diagnostics] == [("MW0818", "warning"), ("MW0818", "info")]
    assert [one.id for one in held.unknown] == ["Endpoints default/web", "Rollout shop/web"]
    assert [one.id for one in held.ignored] == ["ClusterRole system:web", "ConfigMap default/web"]
    assert [one.id for one in held.foreign] == ["AuthorizationPolicy shop/all"]


def test_ingress_and_host_port_are_exposures(tmp_path):
    held = clean(
        tmp_path,
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, namespace: shop}\n"
        "spec: {rules: [{http: {paths: [{backend: {service: {name: web, port: {number: 80}}}}]}}]}\n---"
        + POD
        % ("", "containers: [{name: a, ports: [{containerPort: 80, hostPort: 8080}]}]"),
    )
    assert held.ingresses[0].backends == (("shop/web", "80"),)
    assert [(one.service, one.how) for one in held.exposures] == [("shop/Pod/web", "hostPort 8080"), ("shop/web", "Ingress shop/web")]


def test_lists_json_and_standard_input(tmp_path):
    text = '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a", "namespace": "shop"}}]}'
    (tmp_path / "a.json").write_text(text)
    given = io.BytesIO(b"apiVersion: v1\nkind: ServiceAccountList\nitems:\n- metadata:\n    name: b\n    namespace: shop\n")
    outcome = read_inventory(str(tmp_path), ["a.json", "-"], [], "default", stdin=given)
    assert outcome.diagnostics == () and outcome.value is not None
    assert [(one.name, one.span.path) for one in outcome.value.service_accounts] == [("a", "a.json"), ("b", "-")]


def test_spans_point_at_names_and_ports(tmp_path):
    text = "\ufeff# ünïcode ☃\n" + service("  - port: 80\n    targetPort: 8080\n")
    for variant in (text, text.replace("\n", "\r\n"), text.replace("  name: web", "  name: &n web")):
        held = clean(tmp_path, variant)
        found = held.services[0]
        assert variant[found.span.start : found.span.end].endswith("web")
        assert variant[found.ports[0].span.start : found.ports[0].span.end] == "80"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: b: c\n", "MW0806"),
        ("a: [\n", "MW0806"),
        (b"a: \xff\n", "MW0803"),
        (b"a: \0\n", "MW0803"),
        ("a: \x1b[0m\n", "MW0803"),
        ("\ufffe", "MW0803"),
        ("a: 1\na: 2\n", "MW0808"),
        ("{{- if .Values.x }}\na: b\n{{- end }}\n", "MW0807"),
        ("a: {{ .Values.x }}\n", "MW0807"),
        ("a: x-{{ .Values.x }}\n", "MW0807"),
        ("a: &x [*x]\n", "MW0816"),
        ("a: !!python/object:os.system {}\n", "MW0816"),
        ("? [a]\n: b\n", "MW0816"),
        ("on: b\n", "MW0809"),
        ("[" * 100 + "]" * 100, "MW0805"),
        ("a: b\n", "MW0811"),
        ("- a\n", "MW0811"),
        ("apiVersion: v1\nkind: Service\nmetadata: {generateName: x-}\n", "MW0811"),
        (service("  - port: 0\n"), "MW0812"),
        (service('  - port: "80"\n'), "MW0812"),
        (service("  - port: 0x50\n"), "MW0809"),
        (service("  - name: x\n"), "MW0812"),
        (service("  - port: 80\n", "    on: x\n"), "MW0809"),
        (service("  - port: 80\n", "    tier: yes\n"), "MW0809"),
        (service("  - port: 80\n", "    tier: 1\n"), "MW0812"),
        (service("  - port: 80\n", name="Web"), "MW0812"),
        (service("  - port: 80\n", name="wеb"), "MW0812"),
        (service("  - port: 80\n    protocol: ICMP\n"), "MW0812"),
        ("apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec: {action: {x: no}}\n", "MW0809"),
    ],
)
def test_what_cannot_be_trusted_is_refused(tmp_path, text, code):
    assert codes(read(tmp_path, text)) == [code]


def test_an_alias_bomb_is_refused(tmp_path):
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
    assert codes(read(tmp_path, bomb)) == ["MW0805"]


def test_duplicates_name_both_places(tmp_path):
    (tmp_path / "a.yaml").write_text(service("  - port: 80\n"))
    (found,) = read(tmp_path, service("  - port: 81\n"), "b.yaml").diagnostics
    assert (found.code, found.span.path, found.others[0].span.path) == ("MW0810", "b.yaml", "a.yaml")


def test_one_run_reports_every_document(tmp_path):
    assert codes(read(tmp_path, "a: b: c\n---\n- x\n---\na: 1\na: 2\n")) == ["MW0806", "MW0808", "MW0811"]


def test_nothing_is_read_from_outside(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "secret.yaml").write_text("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n")
    (root / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    for paths in (["."], ["link.yaml"], ["../secret.yaml"], [str(tmp_path / "secret.yaml")]):
        outcome = read_inventory(str(root), paths, [], "default")
        assert codes(outcome) == ["MW0802"]
        assert outcome.value is not None and outcome.value.service_accounts == ()


def test_missing_large_and_odd_files(tmp_path):
    assert codes(read_inventory(str(tmp_path), ["none.yaml"], [], "default")) == ["MW0801"]
    (tmp_path / "kustomization.yaml").write_text("namePrefix: x-\n")
    assert [(found.code, found.severity) for found in read_inventory(str(tmp_path), ["."], [], "default").diagnostics] == [
        ("MW0813", "info")
    ]
    assert codes(read(tmp_path, b"#" * ((16 << 20) + 1), "large.yaml"))[-1] == "MW0804"


def test_a_pipe_is_not_waited_for(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe.yaml")
    assert codes(read_inventory(str(tmp_path), ["."], [], "default")) == ["MW0801"]


def test_the_digest_is_of_the_bytes(tmp_path):
    first = clean(tmp_path, service("  - port: 80\n")).digest
    assert len(first) == 64
    assert clean(tmp_path, service("  - port: 81\n")).digest != first
    assert clean(tmp_path, service("  - port: 80\n")).digest == first
