"""Manifests of anybody, judged request by request: reads a folder, and answers questions about what stands in it."""

from collections.abc import Callable, Mapping

from meshwright.diagnostics import Outcome
from meshwright.inventory import read_inventory, read_meshconfig
from meshwright.ir.intent import Mesh
from meshwright.ir.inventory import Inventory

Answers = Callable[[object], Mapping[str, object]]


def judge(folder: str) -> Outcome[Answers]:
    """Answers to single questions, as ``docs/decide.md`` has them, about the Kubernetes and Istio objects below ``folder``.

    Settings of the mesh are those of the ConfigMap `istio` where it is there, else Istio's defaults.  No value when something cannot
    be read (MW08xx), or would be refused by the API server or Istio's webhook (MW0450, MW0451).
    """
    from meshwright.istio.decisions import decider

    read = read_inventory(folder, (".",))
    if read.value is None or read.failed:
        return Outcome(None, read.diagnostics)
    settings = mesh_of(read.value)
    if settings.value is None:
        return Outcome(None, read.diagnostics + settings.diagnostics)
    made = decider((), read.value, settings.value)
    if made.value is None:
        return Outcome(None, read.diagnostics + made.diagnostics)
    return Outcome(made.value.answer, read.diagnostics + made.diagnostics)


def mesh_of(inventory: Inventory) -> Outcome[Mesh]:
    """The settings that decide access; Istio's defaults where nothing is written."""
    read = read_meshconfig(inventory)
    if read.value is None:
        return Outcome(None, read.diagnostics)
    providers, aliases = read.value.get("extensionProviders"), read.value.get("trustDomainAliases")
    named = [one for one in providers if isinstance(one, Mapping)] if isinstance(providers, list) else []
    return Outcome(Mesh((1, 31), _text(read.value, "trustDomain", "cluster.local"),
                        _text(read.value, "rootNamespace", "istio-system"), None,
                        tuple([str(one) for one in aliases]) if isinstance(aliases, list) else (),
                        tuple([str(one.get("name")) for one in named if any(key.startswith("envoyExtAuthz") for key in one)])
                        if read.value else None,
                        tuple([str(one.get("name")) for one in named if "envoyExtAuthzHttp" in one]), _normalization(read.value)))


def _normalization(content: Mapping[str, object]) -> str:
    written = content.get("pathNormalization")
    found = written.get("normalization") if isinstance(written, Mapping) else None
    return found if found in ("NONE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES") else "BASE"


def _text(content: Mapping[str, object], key: str, default: str) -> str:
    value = content.get(key)
    return value if type(value) is str and value else default
