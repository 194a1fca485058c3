"""YAML as other tools write it: `kubectl get -o yaml`, `helm template`."""

import yaml

from meshwright.inventory import read_inventory

KUBECTL = """apiVersion: v1
items:
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    annotations:
      deployment.kubernetes.io/revision: "3"
      kubectl.kubernetes.io/last-applied-configuration: |
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"}}
    creationTimestamp: "2026-05-01T08:00:00Z"
    generation: 3
    managedFields:
    - apiVersion: apps/v1
      fieldsType: FieldsV1
      fieldsV1:
        f:spec:
          f:template:
            f:spec:
              f:containers:
                k:{"name":"web"}:
                  .: {}
                  f:image: {}
      manager: kubectl
      time: "2026-05-01T08:00:00Z"
    name: web
    namespace: shop
    resourceVersion: "1234"
    uid: 6b1f8a90-3c0e-4f6e-9e0e-1d2c3b4a5f60
  spec:
    replicas: 2
    selector:
      matchLabels:
        app: web
    strategy:
      rollingUpdate:
        maxSurge: 25%
    template:
      metadata:
        creationTimestamp: null
        labels:
          app: web
      spec:
        containers:
        - image: registry.example/web@sha256:0000
          name: web
          ports:
          - containerPort: 8080
            name: main
            protocol: TCP
        serviceAccount: web
        serviceAccountName: web
  status:
    conditions:
    - lastUpdateTime: "2026-05-01T08:00:00Z"
      message: 'ReplicaSet "web-5d8f" has successfully progressed.'
kind: List
metadata:
  resourceVersion: ""
"""
HELM = """---
# Source: shop/templates/serviceaccount.yaml
apiVersion: v1
kind: ServiceAccount
metadata:
  name: shop-web
  labels:
    helm.sh/chart: shop-0.1.0
    app.kubernetes.io/version: "1.16.0"
automountServiceAccountToken: true
---
# Source: shop/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: shop-web
  annotations:
    note: "write {{ .Values.x }} to keep braces"
spec:
  type: ClusterIP
  ports:
    - port: 80
      targetPort: http
      protocol: TCP
      name: http
  selector:
    app.kubernetes.io/name: web
---
# Source: shop/templates/empty.yaml
---
# Source: shop/templates/tests/test-connection.yaml
apiVersion: v1
kind: Pod
metadata:
  name: "shop-web-test-connection"
  labels:
    app.kubernetes.io/name: web
  annotations:
    "helm.sh/hook": test
spec:
  containers:
    - name: wget
      image: busybox
      command: ['wget']
      args: ['shop-web:80']
      ports:
        - name: http
          containerPort: 8080
  restartPolicy: Never
"""


def held(tmp_path, text):
    (tmp_path / "k8s.yaml").write_text(text)
    outcome = read_inventory(str(tmp_path), ["."], [], "shop")
    assert outcome.diagnostics == () and outcome.value is not None
    return outcome.value


def test_kubectl_get(tmp_path):
    (found,) = held(tmp_path, KUBECTL).workloads
    assert (found.id, found.service_account, found.ports[0].number, found.match_labels) == (
        "shop/Deployment/web",
        "web",
        8080,
        (("app", "web"),),
    )
    assert KUBECTL[found.span.start : found.span.end] == "web"


def test_helm_template(tmp_path):
    found = held(tmp_path, HELM)
    assert [one.id for one in found.workloads] == ["shop/Pod/shop-web-test-connection"]
    assert found.services[0].ports[0].target == 8080
    assert found.service_accounts[0].namespace == "shop"


def test_pyyaml_output_in_flow_style(tmp_path):
    text = yaml.safe_dump_all(yaml.safe_load_all(HELM), default_flow_style=True)
    assert [one.id for one in held(tmp_path, text).services] == ["shop/shop-web"]
