"""``doctor``: what is installed, what is missing and how to get it, and what the project file means."""

import os

from meshwright.cli.arguments import Arguments
from meshwright.cli.console import Answer, finish
from meshwright.cli.files import load_project, read_sources
from meshwright.cli.installed import Component, installed
from meshwright.diagnostics import Diagnostic, error
from meshwright.ir.project import PROJECT_FILE, Project
from meshwright.source import Source

LABELS = {
    "external": "the owners of Namespaces and Services set them, and the inventory is held to it",
    "patch": "the output has a kustomize component with them, for the owners' repository",
    "own": "the output writes these objects itself",
}
WIDTH = 18  # columns of names


def run(arguments: Arguments) -> int:
    """Look, and change nothing; works outside of a project too.

    Exit code 2 when something is missing that this project needs (MW0941); what only other uses need is listed.  Diagnostics of the
    project file and of the sources' paths are shown as every command shows them.
    """
    root = os.path.abspath(arguments.directory)
    found: list[Diagnostic] = []
    projects: tuple[Project, ...] = ()
    texts: tuple[Source, ...] = ()
    if os.path.lexists(os.path.join(root, PROJECT_FILE)) or arguments.environment is not None:
        loaded = load_project(arguments.directory, arguments.environment)
        found += loaded.diagnostics
        if loaded.value is not None:
            projects, texts = loaded.value.projects, (Source(PROJECT_FILE, loaded.value.text),)
    components = installed(frozenset(use for project in projects for use in _uses(project)))
    found += [_missing(one) for one in components if one.status != "ok" and one.needed]
    environments = {project.environment: _meaning(project, found) for project in projects}
    result = {"components": [one._asdict() for one in components], "project": root if projects else None, "configuration": environments}
    text = _words(components, environments, os.path.isfile(os.path.join(root, PROJECT_FILE)))
    return finish(arguments, Answer(tuple(found), tuple(environments), result, text, root, texts))


def _uses(project: Project) -> tuple[str, ...]:
    return (*(("opa",) if project.guard.engine == "opa" else ()), *(("publish",) if project.publish.remote else ()))


def _missing(component: Component) -> Diagnostic:
    state = "is missing" if component.status == "missing" else f"is version {component.version}, which does not do"
    return error("MW0941", f"`{component.name}` {state}", notes=(f"it is needed for {component.purpose}",), help=(component.get,))


def _meaning(project: Project, found: list[Diagnostic]) -> dict[str, object]:
    sources = read_sources(project, (), project.root)
    found += [each._replace(environment=project.environment) for each in sources.diagnostics]
    inputs = {name: [path for path in paths if path != "-" and not os.path.exists(os.path.join(project.root, path))]
              for name, paths in (("inventory", project.inventory), ("foreign", project.foreign))}
    publish = None if not project.publish.remote else {
        "remote": _without_user(project.publish.remote), "branch": project.publish.branch, "path": project.publish.path}
    return {
        "sources": {"paths": list(project.sources), "files": len(sources.value or ())},
        "inventory": {"paths": list(project.inventory), "foreign": list(project.foreign), "namespace": project.default_namespace,
                      "missing": sorted({*inputs["inventory"], *inputs["foreign"]})},
        "guard": {"engine": project.guard.engine, "url": _without_user(project.guard.url), "packs": list(project.guard.packs),
                  "seconds": project.guard.timeout},
        "output": {"directory": project.output, "exists": os.path.isdir(os.path.join(project.root, project.output)),
                   "layout": project.layout, "labels": project.labels},
        "publish": publish,
        "homes": {name: list(paths) for name, paths in project.homes},
        "tiers": {name: list(paths) for name, paths in project.tiers},
    }


def _without_user(url: str) -> str:
    """No password in an answer that people paste into tickets."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}" if separator else url


def _words(components: tuple[Component, ...], environments: dict[str, dict[str, object]], there: bool) -> str:
    lines = []
    for one in components:
        state = {"ok": one.version or "found", "missing": "missing"}.get(one.status, f"{one.version}, which does not do")
        mark = " " if one.status == "ok" else "!" if one.needed else "-"
        lines.append(f"{mark} {one.name.ljust(WIDTH)}{state.ljust(WIDTH)}{one.purpose}")
        if one.status != "ok":
            lines.append(f"  {''.ljust(WIDTH)}{one.get}")
    for name, meaning in environments.items():
        lines += ["", f"environment {name}", *_of_environment(meaning)]
    if not there:
        lines += ["", f"no {PROJECT_FILE} here: `meshwright init` starts a project, `-C DIR` names its folder"]
    return "\n".join(lines) + "\n"


def _of_environment(meaning: dict[str, object]) -> list[str]:
    def part(name: str) -> dict[str, object]:
        value = meaning[name]
        return value if isinstance(value, dict) else {}

    sources, inventory, guard, output, publish = (part(name) for name in ("sources", "inventory", "guard", "output", "publish"))
    engine = "in this process's child" if guard["engine"] == "embedded" else f"on the OPA server {guard['url']}, which was not asked"
    lines = [
        ("reads", f"{sources['files']} source files in {_list(sources['paths'])}"),
        ("inventory", f"{_list(inventory['paths'])}; objects without a namespace are in {inventory['namespace']}"),
        *((("not there", _list(inventory["missing"])),) if inventory["missing"] else ()),
        *((("part of the proof", f"{_list(inventory['foreign'])}, written by others"),) if inventory["foreign"] else ()),
        ("guardrails", f"{_list(guard['packs'])}, {engine}, at most {guard['seconds']:g} seconds"),
        ("writes", f"{output['directory']}, layout {output['layout']}" + ("" if output["exists"] else " (not there yet)")),
        ("labels", f"{output['labels']}: {LABELS[str(output['labels'])]}"),
        ("publishes", f"to {publish['remote']}, branch {publish['branch']}, folder {publish['path']}" if publish
         else "nowhere: [publish] has no remote"),
        ("who may speak", "; ".join(f"{name}: only {_list(paths)}" for name, paths in part("homes").items())
         or "every file for every namespace: there is no [homes]"),
    ]
    return [f"  {name.ljust(WIDTH)}{text}" for name, text in lines]


def _list(values: object) -> str:
    return ", ".join(str(each) for each in values) if isinstance(values, list) and values else "nothing"
