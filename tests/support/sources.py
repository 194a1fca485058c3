"""Source text and Kubernetes YAML through parse, inventory, resolve and check, as the pipeline runs them."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from meshwright.check import check
from meshwright.diagnostics import Diagnostic
from meshwright.inventory import read_inventory
from meshwright.ir import intent, resolved
from meshwright.ir.inventory import EMPTY
from meshwright.ir.project import Guard, Project, Publish
from meshwright.parse import parse
from meshwright.resolve import resolve
from meshwright.source import Source

TODAY = "2026-11-23"
MESH_FILE = "mesh/shop.mesh"


class Run(NamedTuple):
    """What the rooms said.  As in the pipeline nothing runs behind a room that failed."""

    diagnostics: tuple[Diagnostic, ...]
    resolved: resolved.Program | None
    program: intent.Program | None
    texts: Mapping[str, str]  # path -> text of everything that was read

    @property
    def codes(self) -> list[str]:
        return [each.code for each in self.diagnostics]

    def only(self, code: str) -> Diagnostic:
        """The diagnostic of that code, which must be the only one at all."""
        assert self.codes == [code], [(each.code, each.message) for each in self.diagnostics]
        return self.diagnostics[0]

    def shown(self, found: Diagnostic) -> str:
        """The text that a diagnostic points at."""
        assert found.span is not None
        return self.texts[found.span.path][found.span.start : found.span.end]


def project(**changes: object) -> Project:
    """A project with every default; ``changes`` are fields of ``Project``."""
    default = Project("/", "default", 1, ("mesh/",), ("k8s.yaml",), "default", (), Guard((), "embedded", "", 5.0), "deploy", "plain", "external",
                      Publish("", "", ""), (), ())
    return default._replace(**changes)


def run(mesh: str | Mapping[str, str], kubernetes: str = "", *, today: str = TODAY, until: str = "check", go_on: bool = False, **changes: object) -> Run:
    """Compile up to ``until`` ("resolve" or "check"); ``go_on`` runs a room although the one before it failed."""
    files = {MESH_FILE: mesh} if isinstance(mesh, str) else dict(mesh)
    texts = {path: textwrap.dedent(text).lstrip("\n") for path, text in files.items()}
    found: list[Diagnostic] = []
    modules = []
    failed = False
    for path, text in texts.items():
        outcome = parse(Source(path, text))
        found += outcome.diagnostics
        failed = failed or outcome.failed
        if outcome.value is not None:
            modules.append(outcome.value)
    inventory = EMPTY
    if kubernetes.strip():
        texts["k8s.yaml"] = textwrap.dedent(kubernetes).lstrip("\n")
        with TemporaryDirectory() as folder:
            (Path(folder) / "k8s.yaml").write_text(texts["k8s.yaml"], encoding="utf-8")
            read = read_inventory(folder, ("k8s.yaml",), (), "default")
        found += read.diagnostics
        failed = failed or read.failed
        inventory = read.value if read.value is not None else EMPTY
    if failed and not go_on:
        return Run(tuple(found), None, None, texts)
    bound = resolve(tuple(modules), inventory, project(**changes))
    found += bound.diagnostics
    assert bound.value is not None
    if (bound.failed and not go_on) or until == "resolve":
        return Run(tuple(found), bound.value, None, texts)
    checked = check(bound.value, today)
    return Run(tuple(found) + checked.diagnostics, bound.value, checked.value, texts)


# --- Kubernetes YAML in a line each ---------------------------------------------------------------------------------------


def namespace(name: str = "shop", **labels: str) -> str:
    """A Namespace, in the ambient mesh unless other labels are given (`_` in a key is `/`)."""
    words = {key.replace("__", "/"): value for key, value in labels.items()} or {"istio.io/dataplane-mode": "ambient"}
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{{', '.join(f'{k}: {v!r}' for k, v in words.items())}}}}}\n---\n"


def service(name: str, *ports: str, ns: str = "shop", selector: str | None = None, spec: str = "") -> str:
    """A Service; a port is "http:80>8080" (appProtocol, number, target) or "db=tcp:5432"; no appProtocol: ":80"."""
    lines = []
    for port in ports or ("http=http:80>8080",):
        called, _, rest = port.rpartition("=")
        protocol, _, numbers = rest.partition(":")
        number, _, target = numbers.partition(">")
        fields = [f"port: {number}", f"targetPort: {target or number}"]
        fields += [f"name: {called}"] if called else []
        if protocol in ("UDP", "SCTP"):
            fields.append(f"protocol: {protocol}")
        elif protocol:
            fields.append(f"appProtocol: {protocol}")
        lines.append("{" + ", ".join(fields) + "}")
    chosen = "" if selector == "" else f"selector: {{{selector or f'app: {name}'}}}, "
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {ns}}}\nspec: {{{chosen}{spec}ports: [{', '.join(lines)}]}}\n---\n"


def deployment(name: str, *, ns: str = "shop", account: str | None = None, labels: str | None = None, match: str | None = None,
               ports: str = "", pod: str = "", annotations: str = "", kind: str = "Deployment") -> str:
    """A Deployment; it runs as the account of its own name unless ``account`` says otherwise ("" = none)."""
    words = labels if labels is not None else f"app: {name}"
    runs_as = "" if account == "" else f"serviceAccountName: {account or name}, "
    return (f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {ns}}}\nspec: {{selector: {{matchLabels: {{{match or words}}}}}, "
            f"template: {{metadata: {{labels: {{{words}}}, annotations: {{{annotations}}}}}, "
            f"spec: {{{runs_as}{pod}containers: [{{name: main, image: x, ports: [{ports}]}}]}}}}}}\n---\n")


def app(name: str, *ports: str, ns: str = "shop") -> str:
    """A Service and the Deployment behind it."""
    return service(name, *ports, ns=ns) + deployment(name, ns=ns)
