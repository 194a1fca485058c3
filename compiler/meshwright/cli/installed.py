"""What is installed here: Python packages and programs, with versions.  Programs are only asked for their version."""

import os
import sys
from typing import Literal

from meshwright.record import NamedTuple

TIMEOUT = 10.0  # seconds; one program that is asked for its version
OLDEST_PYTHON = (3, 11)
PASSED = ("PATH", "HOME", "TMPDIR", "SYSTEMROOT")  # of our environment, to programs
FULL = ("linux", "darwin")


class Component(NamedTuple):
    """One thing that Meshwright runs on or with."""

    name: str
    kind: Literal["runtime", "package", "program"]
    status: Literal["ok", "missing", "unsuitable"]
    version: str  # "" = missing, or it does not say
    needed: bool  # by this installation and this project
    purpose: str
    get: str  # how, in words


def installed(uses: frozenset[str]) -> tuple[Component, ...]:
    """Everything, in a fixed order; ``uses``: "opa" for a guardrail server, "publish" for a remote, of any environment."""
    return (*_runtime(), *_packages(uses), *_programs(uses))


def _runtime() -> tuple[Component, ...]:
    from meshwright import __version__

    version = ".".join(str(number) for number in sys.version_info[:3])
    system = os.uname().sysname if hasattr(os, "uname") else sys.platform
    return (
        Component("meshwright", "runtime", "ok", __version__, True, "this program", ""),
        Component("python", "runtime", "ok" if sys.version_info >= OLDEST_PYTHON else "unsuitable", version, True, "running it",
                  "install Python 3.11 or later"),
        Component("system", "runtime", "ok" if sys.platform in FULL else "unsuitable", system, False,
                  "made for Linux and macOS; run on Linux", "on other systems nothing was tried"),
    )


def _packages(uses: frozenset[str]) -> tuple[Component, ...]:
    from meshwright.guard.embedded import WANTED

    again = "install Meshwright again: `pip install --force-reinstall meshwright`"
    return (
        _package("gordon-to-regorus", WANTED, True, "guardrails: the embedded Rego engine", again),
        _package("lark", "", True, "messages about syntax", again),
        _package("PyYAML", "", True, "Kubernetes YAML that is not plain", again),
        _package("python-sat", "", True, "proofs about rules that overlap everywhere", again),
        _package("GitPython", "", True, "`publish` and `diff`", again),
        _package("opa-python-client", "", "opa" in uses, 'guardrails on an OPA server, `engine = "opa"`',
                 "install the extra: `pip install 'meshwright[opa]'`"),
    )


def _package(name: str, wanted: str, needed: bool, purpose: str, get: str) -> Component:
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version(name)
    except PackageNotFoundError:
        return Component(name, "package", "missing", "", needed, purpose, get)
    return Component(name, "package", "ok" if found.startswith(wanted) else "unsuitable", found, needed, purpose, get)


def _programs(uses: frozenset[str]) -> tuple[Component, ...]:
    from meshwright.publish.git import OLDEST

    git = _program("git", ("version",), "publish" in uses, "`publish`, `diff`, `hook`",
                   "install git 2.34 or later from your system's packages")
    numbers = git.version.split(".")
    if git.status == "ok" and (not all(part.isdigit() for part in numbers[:2]) or tuple(int(part) for part in numbers[:2]) < OLDEST):
        git = git._replace(status="unsuitable")
    return (
        git,
        _program("kubectl", ("version", "--client"), False, "an inventory from a cluster, `kubectl kustomize`",
                 "see kubernetes.io, Install Tools"),
        _program("istioctl", ("version", "--remote=false"), False, "the live checks that `explain` names",
                 "see istio.io, Getting Started"),
        _program("opa", ("version",), False, "editing guardrails: `opa check -s`", "see openpolicyagent.org, Download"),
        _program("pre-commit", ("--version",), False, "hooks", "`pip install pre-commit`, or prek"),
        _program("prek", ("--version",), False, "hooks", "`pip install prek`, or pre-commit"),
    )


def _program(name: str, ask: tuple[str, ...], needed: bool, purpose: str, get: str) -> Component:
    """Started without a shell, with nothing to read, and for its version only."""
    import re
    import subprocess
    from shutil import which

    path = which(name)
    if path is None:
        return Component(name, "program", "missing", "", needed, purpose, get)
    environment = {key: os.environ[key] for key in PASSED if key in os.environ} | {"LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run([path, *ask], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return Component(name, "program", "unsuitable", "", needed, purpose, get)
    said = re.search(rb"(\d+(?:\.\d+){1,3}[\w.+-]*)", done.stdout[:4096])
    version = said[1].decode("ascii", "replace") if said else ""
    return Component(name, "program", "ok" if done.returncode == 0 else "unsuitable", version, needed, purpose, get)
