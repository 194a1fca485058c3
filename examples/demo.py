"""`make demo`: the main job on examples/shop, from Kubernetes YAML to a commit, and three refusals.

Works in build/demo only.  Every line beginning with "$" is a command that really runs; its output is shown as it comes.
A second run finds the GitOps repository as the first one left it, and makes no commit.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "build" / "demo"
SHOP = DEMO / "shop"
GITOPS = DEMO / "gitops.git"
# The same on every machine, whoever runs it and whatever their git is set up to do.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.com", "GIT_AUTHOR_DATE": "2026-01-05T09:00:00+0000",
    "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.com", "GIT_COMMITTER_DATE": "2026-01-05T09:00:00+0000",
}


def main() -> int:
    """The whole demo; exits 1 as soon as a command does not end as it should."""
    title("Set up: a copy of examples/shop in a repository of its own, and a bare GitOps repository")
    shutil.rmtree(SHOP, ignore_errors=True)
    shutil.copytree(ROOT / "examples" / "shop", SHOP, ignore=shutil.ignore_patterns("deploy"))
    git("init", "--quiet", "--initial-branch=main", cwd=SHOP)
    git("add", ".", cwd=SHOP)
    git("commit", "--quiet", "--message=The shop, as intended", cwd=SHOP)
    if not GITOPS.exists():
        git("init", "--quiet", "--bare", "--initial-branch=main", str(GITOPS), cwd=DEMO)

    title("Check: sources and inventory, guardrails, manifests, proof")
    meshwright("check")
    title("Who may reach what, and the proof with its assumptions")
    meshwright("prove", "--table")
    title("The tree")
    meshwright("compile")
    show("find", "deploy", "-type", "f", cwd=SHOP, order=True)
    title("The commit")
    meshwright("publish")
    show("git", "--no-pager", "log", "-1", "--stat=100", "--format=%H%n%n%B", "main", cwd=GITOPS)

    title("Refused: a misspelt service")
    refused("mesh/shop/shop.mesh", lambda text: text.replace("allow ledger -> postgres {", "allow ledger -> postgers {"), "check")
    title("Refused: a guardrail")
    refused("mesh/shop/shop.mesh", lambda text: text + "\nallow any workload -> ledger\n", "check")
    title("Refused: a manifest that somebody edited by hand, with a request that shows why")
    refused("deploy/mesh/shop/authorizationpolicy-orders-l7-allow.yaml", widened, "prove", "--manifests", "deploy/mesh")
    return 0


def widened(text: str) -> str:
    """`web` may POST to /v1/orders; after the edit it may POST anywhere below /v1."""
    return text.replace('- "/v1/orders"\n', '- "/v1/{**}"\n')


def refused(path: str, edit: Callable[[str], str], *arguments: str) -> None:
    """Edit one file, show the difference, run a command that has to exit 1, and put the file back."""
    file = SHOP / path
    before = file.read_text(encoding="utf-8")
    after = edit(before)
    if after == before:
        raise SystemExit(f"the demo no longer fits the example: its edit of {path} changes nothing")
    old = set(before.splitlines())
    print(f"in {path}:\n" + "".join(f"  + {line.strip()}\n" for line in after.splitlines() if line not in old and line.strip()))
    file.write_text(after, encoding="utf-8")
    try:
        meshwright(*arguments, code=1)
    finally:
        file.write_text(before, encoding="utf-8")


def title(text: str) -> None:
    print(f"\n=== {text}\n", flush=True)


def meshwright(*arguments: str, code: int = 0) -> None:
    show("meshwright", *arguments, cwd=SHOP, code=code, really=[sys.executable, "-m", "meshwright", *arguments])


def show(*command: str, cwd: Path, code: int = 0, order: bool = False, really: list[str] | None = None) -> None:
    """Print a command and what it says, and insist on its exit code."""
    print("$ " + " ".join(command), flush=True)
    done = subprocess.run(really or list(command), cwd=cwd, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = done.stdout.splitlines()
    print("\n".join(sorted(lines) if order else lines), flush=True)
    print(f"(exit code {done.returncode})" if done.returncode else "", flush=True)
    if done.returncode != code:
        raise SystemExit(f"this should have ended with {code}")


def git(*arguments: str, cwd: Path) -> None:
    subprocess.run(["git", *arguments], cwd=cwd, env=ENVIRONMENT, check=True)


if __name__ == "__main__":
    sys.exit(main())
