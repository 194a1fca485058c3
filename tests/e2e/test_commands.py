"""The commands on the example, as processes: what they write, refuse, and leave behind."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/schema/report-v1.schema.json").read_text(encoding="utf-8"))
DAY = ("--at", "2026-06-01")

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8",
    **{f"GIT_{role}_{what}": "ann@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("compiler", "grammar", "policies"))}


def run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "meshwright", *arguments], cwd=folder, env=ENVIRONMENT | more, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=120)


def ok(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = run(folder, *arguments)
    assert done.returncode == 0, done.stderr
    return done


def report(folder: Path, *arguments: str, code: int = 0) -> Any:
    done = run(folder, *arguments, "--format", "json")
    assert (done.returncode, done.stderr) == (code, "")
    value = json.loads(done.stdout)
    assert violations(value, SCHEMA) == []
    assert value["exit"] == code
    return value


def violations(value: Any, schema: Any, at: str = "$") -> list[str]:
    """What of JSON Schema our schema uses, checked by hand: a validator would be a dependency for one test."""
    if "$ref" in schema:
        return violations(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], at)
    if "anyOf" in schema:
        return [] if any(not violations(value, one, at) for one in schema["anyOf"]) else [f"{at}: matches none"]
    if "const" in schema or "enum" in schema:
        return [] if value in schema.get("enum", [schema.get("const")]) else [f"{at}: {value!r}"]
    if isinstance(schema["type"], list):
        return [] if any(not violations(value, schema | {"type": one}) for one in schema["type"]) else [f"{at}: not {schema['type']}"]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}
    if not isinstance(value, kinds[schema["type"]]) or (schema["type"] == "integer" and isinstance(value, bool)):
        return [f"{at}: not {schema['type']}"]
    found = []
    if isinstance(value, dict):
        known = schema.get("properties", {})
        extra = schema.get("additionalProperties", True)
        found += [f"{at}: no {name}" for name in schema.get("required", ()) if name not in value]
        for name, one in value.items():
            if name in known:
                found += violations(one, known[name], f"{at}.{name}")
            elif extra is False:
                found.append(f"{at}: unexpected {name}")
            elif isinstance(extra, dict):
                found += violations(one, extra, f"{at}.{name}")
    elif isinstance(value, list) and "items" in schema:
        for number, one in enumerate(value):
            found += violations(one, schema["items"], f"{at}[{number}]")
    elif isinstance(value, int) and not isinstance(value, bool) and value < schema.get("minimum", value):
        found.append(f"{at}: {value} is too small")
    return found


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "examples/shop", folder, ignore=shutil.ignore_patterns("deploy"))
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "gitops.git")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "The shop")
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and ".git" not in path.parts}


def test_check_says_what_was_judged_and_writes_nothing(shop: Path) -> None:
    before = snapshot(shop)
    done = ok(shop, "check", *DAY)
    assert done.stdout == ""
    assert "guardrails: " in done.stderr and "proof: holds" in done.stderr
    value = report(shop, "check", *DAY)
    result = value["result"]["default"]
    assert result["stage"] == "prove" and result["proof"]["holds"]
    assert result["proof"]["unprotected"] == ["legacy"]
    assert sum(sum(counts.values()) for counts in result["proof"]["counts"].values()) == len(result["proof"]["verdicts"]) > 40
    assert len(result["proof"]["assumptions"]) > 5
    assert snapshot(shop) == before


def test_warnings_fail_only_on_request(shop: Path) -> None:
    assert "warning[" in ok(shop, "check", *DAY).stderr
    for command in ("check", "compile", "publish"):
        assert run(shop, command, *DAY, "--fail-on", "warning").returncode == 1
    assert not (shop / "deploy").exists()
    assert git(shop.parent / "gitops.git", "for-each-ref") == ""


def test_an_expired_rule_is_an_error_from_that_day_on(shop: Path) -> None:
    assert run(shop, "check", "--at", "2027-03-31").returncode == 0
    late = report(shop, "check", "--at", "2027-04-01", code=1)
    assert [found["severity"] for found in late["diagnostics"] if "2027-03-31" in found["message"]] == ["error"]


def test_compile_is_the_same_bytes_in_any_locale_time_zone_and_hash_seed(shop: Path, tmp_path: Path) -> None:
    trees = []
    for number, (seed, locale, zone) in enumerate([("0", "C", "UTC"), ("7", "C.UTF-8", "Asia/Tokyo")]):
        assert run(shop, "compile", *DAY, "--out", f"../out{number}", PYTHONHASHSEED=seed, LC_ALL=locale, TZ=zone).returncode == 0
        trees.append(snapshot(tmp_path / f"out{number}"))
    assert trees[0] == trees[1] and len(trees[0]) > 20


def test_compile_check_and_stdout(shop: Path) -> None:
    assert report(shop, "compile", "--check", *DAY, code=1)["diagnostics"][-1]["code"] == "MW0755"
    assert not (shop / "deploy").exists()
    first = report(shop, "compile", *DAY)["result"]["default"]["output"]
    assert "kustomization.yaml" in first["created"]
    assert report(shop, "compile", "--check", *DAY)["result"]["default"]["output"]["unchanged"]
    text = (shop / "mesh/shop/shop.mesh").read_text()
    (shop / "mesh/shop/shop.mesh").write_text(text.replace('POST "/v1/orders"', 'PUT "/v1/orders"'))
    drift = report(shop, "compile", "--check", *DAY, code=1)
    assert drift["diagnostics"][-1]["notes"] == ["~ shop/authorizationpolicy-orders-l7-allow.yaml"]
    stream = ok(shop, "compile", "--stdout", *DAY).stdout
    assert stream.startswith("---\n") and stream.count("\nkind: AuthorizationPolicy\n") > 10 and "Kustomization" not in stream


def test_guard_stops_before_lowering_and_shows_findings(shop: Path) -> None:
    with (shop / "mesh/shop/shop.mesh").open("a") as file:
        file.write("\nallow any workload -> ledger\n")
    value = report(shop, "guard", *DAY, code=1)
    assert value["result"]["default"]["stage"] == "guard"
    assert value["result"]["default"]["guardrails"]["rules"] >= 8
    (found,) = [found for found in value["diagnostics"] if found["severity"] == "error"]
    assert found["code"] == "MW0501" and found["place"]["path"] == "mesh/shop/shop.mesh"


def test_prove_judges_an_edited_tree_and_shows_a_request(shop: Path) -> None:
    ok(shop, "compile", *DAY)
    assert report(shop, "prove", "--manifests", "deploy/mesh", *DAY)["result"]["default"]["proof"]["holds"]
    edited = shop / "deploy/mesh/shop/authorizationpolicy-orders-l7-allow.yaml"
    edited.write_text(edited.read_text().replace('- "/v1/orders"\n', '- "/v1/{**}"\n'))
    proof = report(shop, "prove", "--manifests", "deploy/mesh", *DAY, code=1)["result"]["default"]["proof"]
    (failed,) = [verdict for verdict in proof["verdicts"] if verdict["status"] != "holds"]
    assert (failed["obligation"], failed["request"]["method"]) == ("sound", "POST")
    assert failed["request"]["path"].startswith("/v1/") and failed["request"]["path"] != "/v1/orders"
    assert failed["request"]["principal"] == "cluster.local/ns/shop/sa/web"


def test_prove_table_names_the_proxies(shop: Path) -> None:
    rows = report(shop, "prove", "--table", *DAY)["result"]["default"]["access"]
    (row,) = [row for row in rows if (row["source"], row["target"]) == ("shop/web", "shop/orders port 8080")]
    assert row["doors"] == ["GET /v1/orders/{id}", "POST /v1/orders"]
    assert row["through"] == ["waypoint shop/waypoint", "ztunnel"]


def test_prove_table_lists_every_pair_by_the_manifests_and_what_is_unprotected(shop: Path) -> None:
    pairs = report(shop, "prove", "--table", *DAY)["result"]["default"]["pairs"]
    assert {"source": "shop/web", "target": "shop/orders port 8080", "way": "service", "extent": "some"} in pairs["pairs"]
    assert not [pair for pair in pairs["pairs"] if "postgres" in pair["target"] and pair["source"] != "shop/ledger"]
    assert (pairs["unprotected"], pairs["workloads"]) == ([], 6)
    ok(shop, "compile", *DAY)
    for path in (shop / "deploy/mesh/shop").glob("*postgres*"):
        path.unlink()
    for path in (shop / "deploy/mesh/shop").glob("*baseline*"):
        path.unlink()
    kustomization = shop / "deploy/mesh/kustomization.yaml"
    kept = [line for line in kustomization.read_text().splitlines() if "postgres" not in line and "shop/authorizationpolicy-mesh-baseline" not in line]
    kustomization.write_text("\n".join(kept) + "\n")
    open_tree = report(shop, "prove", "--table", "--manifests", "deploy/mesh", *DAY, code=1)["result"]["default"]["pairs"]
    assert {"source": "any other identity", "target": "shop/postgres port 5432", "way": "service", "extent": "all"} in open_tree["pairs"]
    assert [(one["workload"], one["to"]) for one in open_tree["unprotected"]] == [("shop/StatefulSet/postgres", "any identity")]
    text = run(shop, "prove", "--table", "--manifests", "deploy/mesh", *DAY).stderr
    assert re.search(r"^shop/postgres port 5432 +any other identity +service address +everything$", text, re.M)
    assert "  shop/StatefulSet/postgres: open to any identity of the mesh, no policy asks who the caller is, at some port at least" in text


def test_publish_twice_makes_one_commit(shop: Path) -> None:
    first = report(shop, "publish", *DAY)["result"]["default"]["output"]
    again = report(shop, "publish", *DAY)["result"]["default"]["output"]
    assert (first["unchanged"], again["unchanged"]) == (False, True)
    gitops = shop.parent / "gitops.git"
    assert git(gitops, "rev-list", "--count", "main") == "1"
    assert git(gitops, "log", "-1", "--format=%(trailers:key=Policy-Source-Commit,valueonly)", "main").strip() == git(shop, "rev-parse", "HEAD")
    # A source commit without meaning for the mesh gives no commit.
    (shop / "mesh/shop/shop.mesh").write_text("# a remark\n" + (shop / "mesh/shop/shop.mesh").read_text())
    git(shop, "commit", "-q", "-a", "-m", "A remark")
    assert report(shop, "publish", *DAY)["result"]["default"]["output"]["unchanged"]


def test_a_failing_proof_publishes_nothing(shop: Path) -> None:
    text = (shop / "mesh/shop/shop.mesh").read_text()
    (shop / "mesh/shop/shop.mesh").write_text(text.replace("to postgres only from ledger", "to postgres only from orders"))
    value = report(shop, "publish", "--allow-dirty", *DAY, code=1)
    assert any(found["code"].startswith("MW04") for found in value["diagnostics"])
    assert git(shop.parent / "gitops.git", "for-each-ref") == ""


def test_two_environments_are_judged_written_and_published_apart(shop: Path) -> None:
    with (shop / "meshwright.toml").open("a") as file:
        for name in ("staging", "production"):
            file.write(f'\n[env.{name}]\noutput.directory = "deploy/{name}"\npublish.path = "clusters/{name}/mesh"\n')
        file.write('inventory.paths = ["k8s-production/"]\n')
    shutil.copytree(shop / "k8s", shop / "k8s-production")
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "Two environments")
    value = report(shop, "compile", *DAY)
    assert value["environments"] == ["production", "staging"]
    assert snapshot(shop / "deploy/production") == snapshot(shop / "deploy/staging")
    assert {found["environment"] for found in value["diagnostics"]} == {"production", "staging"}
    ok(shop, "publish", *DAY)
    names = git(shop.parent / "gitops.git", "ls-tree", "--name-only", "main", "clusters/").splitlines()
    assert names == ["clusters/production", "clusters/staging"]
    # A mistake in one environment only is shown with its name, and keeps everything of both from being written.
    shutil.rmtree(shop / "deploy")
    (shop / "k8s-production/postgres.yaml").unlink()
    broken = report(shop, "compile", *DAY, code=1)
    assert {found["environment"] for found in broken["diagnostics"] if found["severity"] == "error"} == {"production"}
    assert not (shop / "deploy").exists()
    assert "environment: production\n" in run(shop, "compile", *DAY).stderr
    ok(shop, "compile", "--env", "staging", *DAY)
    assert sorted(os.listdir(shop / "deploy")) == ["staging"]


def test_fmt_changes_form_only(shop: Path) -> None:
    ok(shop, "fmt")
    text = snapshot(shop / "mesh")
    assert report(shop, "fmt", "--check")["result"] == {"files": 2, "changed": [], "written": False}
    path = shop / "mesh/shop/shop.mesh"
    path.write_text(path.read_text().replace("allow web", "allow   web"))
    path.chmod(0o640)
    assert report(shop, "fmt", "--check", code=1)["result"]["changed"] == ["mesh/shop/shop.mesh"]
    ok(shop, "fmt", "mesh/shop/shop.mesh")
    assert snapshot(shop / "mesh") == text
    assert path.stat().st_mode & 0o777 == 0o640
    path.write_text("allow allow\n")
    assert run(shop, "fmt").returncode == 1
    assert path.read_text() == "allow allow\n"


def test_init_starts_a_project_that_compiles_and_publishes_nothing(shop: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    (fresh / "charts").mkdir(parents=True)
    shutil.copytree(shop / "k8s", fresh / "manifests")
    (fresh / "charts/values.yaml").write_text("replicas: 2\n")
    git(fresh, "init", "-q", "-b", "main")
    assert report(fresh, "init", *DAY)["result"]["written"] == ["meshwright.toml", "mesh/mesh.mesh"]
    assert 'paths = ["manifests/"]' in (fresh / "meshwright.toml").read_text()
    source = (fresh / "mesh/mesh.mesh").read_text()
    assert [line.split()[1] for line in source.splitlines() if line.startswith("namespace")] == ["edge", "legacy", "monitoring", "shop"]
    assert "until 2026-11-28" in source
    value = report(fresh, "check", *DAY)
    assert value["result"]["default"]["proof"]["unprotected"] == ["edge", "legacy", "monitoring", "shop"]
    ok(fresh, "fmt", "--check")
    ok(fresh, "compile", *DAY)
    assert not (fresh / "deploy").exists()
    with (fresh / "meshwright.toml").open("a") as file:
        file.write('\n[publish]\nremote = "../gitops.git"\n')
    git(fresh, "add", ".")
    git(fresh, "commit", "-q", "-m", "Start")
    ok(fresh, "publish", *DAY)
    assert git(tmp_path / "gitops.git", "for-each-ref") == ""
    assert report(fresh, "init", code=1)["diagnostics"][0]["code"] == "MW0913"


@pytest.mark.parametrize(("stage", "number", "code"), [
    *((stage, signal.SIGINT, 130) for stage in ("parse", "inventory", "resolve", "check", "guard", "lower", "render", "prove", "push")),
    ("guard", signal.SIGTERM, 143), ("push", signal.SIGTERM, 143)])
def test_an_interruption_leaves_nothing_behind(shop: Path, tmp_path: Path, stage: str, number: int, code: int) -> None:
    """The process is stopped inside the stage: a module there is replaced by one that reports and waits."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    marker = tmp_path / "reached"
    waiting = f"import time; open({str(marker)!r}, 'w').close(); time.sleep(60)"
    if stage == "push":
        hook = tmp_path / "gitops.git/hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {marker}\nsleep 60\n")
        hook.chmod(0o755)
        script = "import sys; from meshwright.__main__ import main; sys.exit(main())"
    else:
        script = (f"import sys, meshwright.pipeline as p\nrun = p._Run.__call__\n"
                  f"def slow(self, stage, work):\n    if stage == {stage!r}:\n        {waiting}\n    return run(self, stage, work)\n"
                  f"p._Run.__call__ = slow\nfrom meshwright.__main__ import main\nsys.exit(main())")
    before = snapshot(shop)
    child = subprocess.Popen([sys.executable, "-c", script, "publish", *DAY], cwd=shop, env=ENVIRONMENT | {"TMPDIR": str(temporary)},
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not marker.exists() and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.02)
    assert marker.exists()
    child.send_signal(number)
    stdout, stderr = child.communicate(timeout=30)
    assert child.returncode == code, stderr
    assert stdout == "" and "interrupted" in stderr and "Traceback" not in stderr
    assert snapshot(shop) == before
    assert list(temporary.iterdir()) == []
    assert git(tmp_path / "gitops.git", "for-each-ref") == ""


def test_an_inventory_from_standard_input_serves_every_environment(shop: Path) -> None:
    text = "---\n".join(path.read_text() for path in sorted((shop / "k8s").glob("*.yaml")))
    settings = (shop / "meshwright.toml").read_text()
    (shop / "meshwright.toml").write_text(settings.replace('["k8s/"]', '["-"]') + "\n[env.staging]\n[env.production]\n")
    done = subprocess.run([sys.executable, "-m", "meshwright", "check", *DAY], cwd=shop, env=ENVIRONMENT, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("proof: holds") == 2
    empty = subprocess.run([sys.executable, "-m", "meshwright", "check", *DAY], cwd=shop, env=ENVIRONMENT, input="\n", capture_output=True, text=True)
    assert empty.returncode == 2 and "error[MW0801]: standard input is empty" in empty.stderr
    closed = subprocess.run(f"{sys.executable} -m meshwright check {' '.join(DAY)} --format json <&-", shell=True, cwd=shop, env=ENVIRONMENT, capture_output=True, text=True)
    assert closed.returncode == 2
    assert "MW0801" in closed.stdout


def test_policies_of_others_that_are_not_there_are_no_clean_answer(shop: Path) -> None:
    settings = (shop / "meshwright.toml").read_text()
    (shop / "meshwright.toml").write_text(settings.replace('["k8s/"]', '["k8s/"]\nforeign = ["theirs/"]'))
    (shop / "theirs").mkdir()
    (shop / "theirs/deny.txt").write_text("not YAML by its name")
    (found,) = [found for found in report(shop, "check", *DAY, code=2)["diagnostics"] if found["severity"] == "error"]
    assert (found["code"], found["message"]) == ("MW0801", "`theirs` holds no YAML and no JSON file")
    (shop / "theirs/list.json").write_text('{"apiVersion": "v1", "kind": "List", "items": []}')
    ok(shop, "check", *DAY)
