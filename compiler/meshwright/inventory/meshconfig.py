"""Istio's own settings, as the ConfigMap that istiod reads has them: YAML inside of YAML."""

from collections.abc import Mapping

from meshwright.diagnostics import Diagnostic, Outcome, error
from meshwright.inventory.documents import read_documents
from meshwright.inventory.plain import Memo
from meshwright.ir.inventory import Inventory, Object

ROOT = "istio-system"


def read_meshconfig(inventory: Inventory) -> Outcome[Mapping[str, object]]:
    """`data.mesh` of the ConfigMap istio-system/istio; {} without one.  MW0812 when it is no mapping."""
    for one in inventory.ignored:
        data = one.content.get("data")
        written = data.get("mesh") if isinstance(data, Mapping) else None
        if (one.kind, one.namespace, one.name) == ("ConfigMap", ROOT, "istio") and type(written) is str:
            read = read_documents(written.encode(), one.span.path, Memo())
            values = [document.value for document in read.value.reads] if read.value is not None else []
            if read.failed or len(values) > 1 or not all(isinstance(value, Mapping) for value in values):
                return Outcome(None, (_refusal(one),))
            for value in values:
                if isinstance(value, Mapping):
                    return Outcome(value)
    return Outcome({})


def _refusal(found: Object) -> Diagnostic:
    return error("MW0812", f"`data.mesh` of {found.id} is no mapping in YAML", found.span, label="this ConfigMap",
                 notes=("it sets the trust domain and the external authorizers, so no answer would be sure",),
                 help=("write it as Istio does, or leave the ConfigMap out for Istio's defaults",))
