"""`diff` as a process: what a change of the sources opens and closes, against real commits."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.e2e.test_commands import SCHEMA, git, run, violations
from tests.unit.cli.test_pages import project

__all__ = ["project"]  # a fixture: web may GET /orders on orders; one commit
GRANT = 'allow web -> orders { GET "/orders" }\n'


def edit(project: Path, old: str, new: str) -> None:
    path = project / "mesh/shop.mesh"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def told(project: Path, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    """The changes of environment "default"."""
    done = run(project, "diff", *arguments, "--format", "json")
    assert done.returncode == code, done.stderr
    value = json.loads(done.stdout)
    assert violations(value, SCHEMA) == []
    changes = value["result"]["default"]["changes"]
    assert isinstance(changes, list)
    return changes


def brief(changes: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [(one["effect"], one["source"], one["target"], one["door"]) for one in changes]


def test_nothing_changed(project: Path) -> None:
    done = run(project, "diff", "--no-new-access", "--no-public")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no access changes" in done.stderr


def test_a_text_that_means_the_same_is_no_change(project: Path) -> None:
    edit(project, GRANT, '# once more\nallow web -> orders {\n  path "/orders"; GET "/orders"\n}\ndeny anyone -> orders { POST "/orders"; path "/x" }\n'
                         'allow web -> orders { GET "/orders" }\n')
    assert brief(told(project)) == [("opens", "shop/web", "shop/orders port 80", "any method /orders")]
    edit(project, 'path "/orders"; ', "")
    assert told(project) == []


def test_a_wider_rule_opens_and_its_example_is_new(project: Path) -> None:
    edit(project, GRANT, 'allow web -> orders { GET "/orders/**" }\n')
    (change,) = told(project, "HEAD")
    assert (change["effect"], change["door"], change["whole"], change["public"]) == ("opens", "GET /orders/**", False, False)
    assert change["request"]["path"].startswith("/orders/")
    assert change["path"] == "mesh/shop.mesh"


def test_a_rule_that_goes_closes(project: Path) -> None:
    edit(project, GRANT, "")
    assert brief(told(project, "--no-new-access", "--no-public")) == [("closes", "shop/web", "shop/orders port 80", "GET /orders")]


def test_a_deny_that_goes_opens(project: Path) -> None:
    edit(project, GRANT, GRANT + 'deny any workload -> orders { GET "/orders" } because "closed for now"\n')
    git(project, "commit", "-qam", "closed")
    edit(project, 'deny any workload -> orders { GET "/orders" } because "closed for now"\n', "")
    (change,) = told(project, "--no-new-access", code=1)
    assert (change["effect"], change["because"], change["rule"]) == ("opens", "a deny that changed or is gone", GRANT.strip())


def test_no_longer_enforced_is_public(project: Path) -> None:
    edit(project, "enforce yes", "enforce no")
    assert brief(told(project, "--no-public", code=1)) == [("opens", "anyone", "namespace shop", "everything")]
    git(project, "commit", "-qam", "open")
    edit(project, "enforce no", "enforce yes")
    assert brief(told(project, "--no-new-access", "--no-public")) == [("closes", "anyone", "namespace shop", "everything that no rule allows")]


def test_a_project_that_was_not_there_is_all_new(project: Path) -> None:
    git(project, "rm", "-rq", "--cached", ".")
    git(project, "commit", "-q", "--allow-empty", "-m", "nothing")
    assert brief(told(project)) == [("opens", "shop/web", "shop/orders port 80", "GET /orders")]


def test_environments_are_compared_each_with_itself(project: Path) -> None:
    with (project / "meshwright.toml").open("a") as file:
        file.write('[env.prod]\n[env.staging]\nsources.paths = ["mesh", "staging"]\n')
    (project / "staging").mkdir()
    (project / "staging/more.mesh").write_text('allow shop/web -> shop/orders { POST "/orders" }\n')
    git(project, "add", ".")
    git(project, "commit", "-qm", "environments")
    (project / "staging/more.mesh").write_text('allow shop/web -> shop/orders { PUT "/orders" }\n')
    done = run(project, "diff", "--format", "json")
    value = json.loads(done.stdout)["result"]
    assert value["prod"]["changes"] == []
    assert brief(value["staging"]["changes"]) == [("opens", "shop/web", "shop/orders port 80", "PUT /orders"),
                                                  ("closes", "shop/web", "shop/orders port 80", "POST /orders")]


def test_markdown_goes_to_standard_output(project: Path) -> None:
    edit(project, GRANT, GRANT + 'allow web -> orders { GET "/a" }\n')
    done = run(project, "diff", "--format", "markdown")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("### Access: 1 opened, 0 closed\n")


def test_from_a_linked_worktree_and_a_subfolder(project: Path, tmp_path: Path) -> None:
    nested = tmp_path / "mono"
    subprocess.run(["git", "init", "-q", str(nested)], check=True)
    subprocess.run(["cp", "-r", str(project / "mesh"), str(project / "k8s"), str(project / "meshwright.toml"), str(nested)], check=True)
    inner = nested / "teams/shop"
    inner.mkdir(parents=True)
    for name in ("mesh", "k8s", "meshwright.toml"):
        (nested / name).rename(inner / name)
    git(nested, "add", ".")
    git(nested, "commit", "-qm", "first")
    git(nested, "worktree", "add", "-q", "../linked", "-b", "linked")
    other = tmp_path / "linked/teams/shop"
    edit(other, GRANT, "")
    assert [one["effect"] for one in told(other)] == ["closes"]
    assert [one["effect"] for one in told(inner, "linked")] == []


def test_a_new_namespace_without_rules_is_an_opening(project: Path) -> None:
    (project / "k8s/more.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: legacy\n")
    assert brief(told(project, "--no-public", code=1)) == [("opens", "anyone", "namespace legacy", "everything")]
    git(project, "add", ".")
    git(project, "commit", "-qm", "legacy")
    (project / "k8s/more.yaml").unlink()
    assert brief(told(project, "--no-new-access")) == [("closes", "anyone", "namespace legacy", "everything")]


def test_a_rule_for_a_service_and_for_pods_is_said_at_both(project: Path) -> None:
    edit(project, GRANT, GRANT + "allow orders -> web, pods of web\n")
    assert {(source, target) for _, source, target, _ in brief(told(project))} == {
        ("shop/orders", "shop/web port 80"), ("shop/orders", "pods of shop/web any port")}


def test_a_tree_that_leads_out_of_its_folder_is_refused(project: Path) -> None:
    blob = git(project, "hash-object", "-w", "meshwright.toml")
    for entries in (f"100644 blob {blob}\t..\n", f"120000 blob {blob}\tx\n100644 blob {blob}\tx\n"):
        made = subprocess.run(["git", "mktree"], cwd=project, input=entries, capture_output=True, text=True, check=True).stdout.strip()
        commit = git(project, "commit-tree", made, "-m", "by hand")
        done = run(project, "diff", commit)
        assert done.returncode != 0 and "MW0754" in done.stderr, done.stderr


def test_a_revision_that_looks_like_an_option_is_none(project: Path) -> None:
    done = run(project, "diff", "--", "--all")
    assert done.returncode == 2
    assert "MW0773" in done.stderr


def test_guardrails_see_the_change_and_stop_it(project: Path) -> None:
    (project / "rules").mkdir()
    (project / "rules/opens.rego").write_text(
        'package opens\n\ndeny contains f if {\n\tsome change in input.diff.opens\n\tf := {"msg": change.door, "node": change.id}\n}\n')
    text = (project / "meshwright.toml").read_text()
    (project / "meshwright.toml").write_text(text.replace("packs = []", 'packs = ["rules"]'))
    assert run(project, "guard", "--base", "HEAD").returncode == 0
    edit(project, GRANT, GRANT + 'allow web -> orders { DELETE "/orders" }\n')
    assert run(project, "guard").returncode == 0, "without a base there is no change"
    done = run(project, "check", "--base", "HEAD")
    assert done.returncode == 1 and "guardrail `rules/opens`: DELETE /orders" in done.stderr and "mesh/shop.mesh:8" in done.stderr
    assert run(project, "guard", "--base", "nowhere").returncode == 2
