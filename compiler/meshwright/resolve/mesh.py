"""The `mesh` block and the `namespace` blocks."""

import re

from meshwright.diagnostics import Diagnostic, Label, did_you_mean, error
from meshwright.ir import intent, syntax
from meshwright.resolve.later import not_yet

_DEFAULT = intent.Mesh((1, 30), "cluster.local", "istio-system", None)
_KEYS = ("istio", "dataplane", "trust-domain", "root-namespace")
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_DOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"


def mesh_settings(blocks: tuple[syntax.MeshBlock, ...], found: list[Diagnostic]) -> intent.Mesh:
    """The settings of the first block, defaults for the rest; MW0213 for a key or value that makes no sense."""
    if not blocks:
        return _DEFAULT
    seen: dict[str, syntax.Setting] = {}
    for setting in blocks[0].settings:
        if setting.key in seen:
            found.append(
                error(
                    "MW0202",
                    f"`{setting.key}` is set twice",
                    setting.span,
                    label="again here",
                    others=(Label(seen[setting.key].span, "first set here"),),
                    help=("keep one of them",),
                )
            )
        elif setting.key not in _KEYS:
            near = did_you_mean(setting.key, _KEYS)
            found.append(
                error(
                    "MW0213",
                    f"a mesh has no setting `{setting.key}`",
                    setting.span,
                    label="unknown setting",
                    help=(f"did you mean `{near[0]}`?" if near else f"settings are {', '.join(_KEYS)}",),
                )
            )
        else:
            seen[setting.key] = setting
    version = _DEFAULT.istio
    if (istio := seen.get("istio")) is not None:
        numbers = istio.value.split(".")
        if len(numbers) == 2 and all(part.isascii() and part.isdigit() for part in numbers):
            version = int(numbers[0]), int(numbers[1])
        else:
            found.append(_bad(istio, "a minor version of Istio, like 1.30"))
    if (plane := seen.get("dataplane")) is not None and plane.value != "ambient":
        if plane.value == "sidecar":
            found.append(not_yet("`dataplane sidecar`", plane.value_span, "this version compiles to the ambient data plane"))
        else:
            found.append(_bad(plane, "`ambient`"))
    domain, root = _DEFAULT.trust_domain, _DEFAULT.root_namespace
    if (trust := seen.get("trust-domain")) is not None:
        domain = trust.value
        if len(domain) > 253 or not re.fullmatch(_DOMAIN, domain):
            found.append(_bad(trust, "a trust domain like `cluster.local`, without `spiffe://`"))
    if (rootspace := seen.get("root-namespace")) is not None:
        root = rootspace.value
        if not re.fullmatch(_LABEL, root):
            found.append(_bad(rootspace, "the name of a namespace"))
    return intent.Mesh(version, domain, root, blocks[0].span)


def namespaces(blocks: dict[str, syntax.NamespaceBlock], found: list[Diagnostic]) -> tuple[intent.Namespace, ...]:
    """Every declared namespace, sorted by name; MW0214 for a name that Kubernetes would refuse."""
    made = []
    for name, block in sorted(blocks.items()):
        if not re.fullmatch(_LABEL, name):
            found.append(not_a_name(block.name, "namespace"))
        enforce = block.enforce
        made.append(
            intent.Namespace(
                name,
                "no" if enforce is not None and enforce.mode != "yes" else "yes",
                _placement(block),
                block.owner.text if block.owner is not None else "",
                enforce.because.text if enforce is not None and enforce.because is not None else "",
                enforce.until.text if enforce is not None and enforce.until is not None else "",
                block.span,
            )
        )
    return tuple(made)


def not_a_name(name: syntax.Name, what: str) -> Diagnostic:
    """MW0214."""
    return error(
        "MW0214",
        f"`{name.text}` cannot be the name of a {what}",
        name.span,
        label="Kubernetes refuses it",
        notes=("names are lower case letters, digits and `-`, begin and end with a letter or digit, at most 63 characters",),
    )


def is_label(text: str) -> bool:
    """Whether Kubernetes takes it for a DNS label."""
    return re.fullmatch(_LABEL, text) is not None


def _placement(block: syntax.NamespaceBlock) -> intent.Placement:
    term = block.waypoint
    if term is None:
        return intent.Placement("namespace", "")
    if term.name is None:
        return intent.Placement(term.kind, "")
    return intent.Placement("shared", f"{term.name.namespace or block.name.text}/{term.name.text}")


def _bad(setting: syntax.Setting, wanted: str) -> Diagnostic:
    return error(
        "MW0213", f"`{setting.key}` cannot be `{setting.value}`", setting.value_span, label="not understood", help=(f"write {wanted}",)
    )
