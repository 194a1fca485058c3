"""docs/lowering.md shows what really comes out."""

import re
from pathlib import Path

import yaml
from tests.support.sources import run

from meshwright.lower import lower

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "lowering.md").read_text(encoding="utf-8")
PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: SPACE}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {serviceAccountName: NAME, containers: [{name: main, image: app}]}
---
apiVersion: v1
kind: Service
metadata: {name: NAME, namespace: SPACE}
spec: {selector: {app: NAME}, ports: [{name: http, port: PORT, targetPort: 8080}]}
---
"""


def test_the_example_is_what_comes_out() -> None:
    (source,) = re.findall(r"^```mesh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    kubernetes = "".join(PODS.replace("NAME", name).replace("PORT", port).replace("SPACE", space)
                         for name, port, space in (("web", "80", "shop"), ("orders", "8080", "shop"), ("prometheus", "9090", "ops")))
    ambient = "".join(f"kind: Namespace\napiVersion: v1\nmetadata: {{name: {name}, labels: {{istio.io/dataplane-mode: ambient}}}}\n---\n" for name in ("shop", "ops"))
    checked = run(source, kubernetes + ambient, labels="patch")
    assert checked.program is not None, checked.diagnostics
    bundle = lower(checked.program, "patch").value
    assert bundle is not None
    made = {one.name: {key: value for key, value in one.body["spec"].items() if key in ("action", "rules")}  # type: ignore[attr-defined]
            for one in bundle.manifests if one.kind == "AuthorizationPolicy"}
    shown = {}
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^# ", block, flags=re.MULTILINE)[1:]:
            shown[re.split(r"[:\n]", part, maxsplit=1)[0]] = yaml.safe_load(part.partition("\n")[2])
    assert set(shown) == {"orders-l7-allow", "orders-l7-fence", "orders-guard", "orders-allow"}
    assert {name: made[name] for name in shown} == shown
