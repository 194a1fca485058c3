"""`doctor` as a process: what is there, what is missing, and what the project file means."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.test_commands import report, run
from tests.unit.cli.test_pages import project

__all__ = ["project"]  # a fixture: guard.packs = [], publish to ../gitops.git


def component(told: Any, name: str) -> dict[str, Any]:
    (one,) = (one for one in told["result"]["components"] if one["name"] == name)
    assert isinstance(one, dict)
    return one


def program(folder: Path, name: str, text: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    return str(folder)


def test_a_project(project: Path) -> None:
    told = report(project, "doctor")
    assert told["environments"] == ["default"]
    assert (component(told, "gordon-to-regorus")["status"], component(told, "gordon-to-regorus")["version"][:5]) == ("ok", "0.13.")
    assert component(told, "git")["needed"] is True and component(told, "kubectl")["needed"] is False
    meaning = told["result"]["configuration"]["default"]
    assert meaning["sources"] == {"paths": ["mesh"], "files": 1}
    assert meaning["publish"] == {"remote": "../gitops.git", "branch": "main", "path": "clusters/demo/mesh"}
    assert meaning["output"] == {"directory": "deploy/mesh", "exists": False, "layout": "kustomize", "labels": "external"}
    words = run(project, "doctor")
    assert (words.returncode, words.stdout) == (0, "")
    assert "environment default\n  reads             1 source files in mesh\n" in words.stderr


def test_each_environment_says_what_it_means_and_no_secret(project: Path) -> None:
    (project / "meshwright.toml").write_text(
        '[inventory]\npaths = ["k8s/", "charts/"]\n[guard]\nengine = "opa"\nurl = "https://ann:s3cret@opa.example.com/v1"\n[homes]\nshop = ["mesh/"]\n'
        '[env.production]\noutput.directory = "deploy/production"\npublish.remote = "https://bob:s3cret@git.example.com/gitops.git"\n[env.staging]\n')
    told = report(project, "doctor")
    assert told["environments"] == ["production", "staging"]
    assert "s3cret" not in json.dumps(told) + run(project, "doctor").stderr
    production, staging = (told["result"]["configuration"][name] for name in told["environments"])
    assert production["publish"]["remote"] == "https://git.example.com/gitops.git" and staging["publish"] is None
    assert production["inventory"]["missing"] == ["charts"] and production["homes"] == {"shop": ["mesh/"]}
    assert production["guard"]["url"] == "https://opa.example.com/v1"
    assert component(told, "opa-python-client")["needed"] is True
    assert list(report(project, "doctor", "--env", "staging")["result"]["configuration"]) == ["staging"]


def test_what_is_needed_and_missing_is_an_error_and_the_rest_is_said(project: Path, tmp_path: Path) -> None:
    done = run(project, "doctor", PATH=str(tmp_path / "none"))
    assert done.returncode == 2
    assert "error[MW0941]: `git` is missing" in done.stderr and "`kubectl` is missing" not in done.stderr
    assert "! git               missing" in done.stderr and "- kubectl           missing" in done.stderr
    outside = tmp_path / "outside"
    outside.mkdir()
    done = run(outside, "doctor", PATH=str(tmp_path / "none"))
    assert done.returncode == 0 and "no meshwright.toml here" in done.stderr
    assert run(outside, "doctor", "--env", "staging").returncode == 2


def test_programs_that_are_old_broken_or_talkative(project: Path, tmp_path: Path) -> None:
    for number, (text, version) in enumerate((("echo git version 2.20.1", "2.20.1"), ("exit 3", ""), ("echo 'git from hell'", ""))):
        path = program(tmp_path / f"bin{number}", "git", f"#!/bin/sh\n{text}\n")
        done = run(project, "doctor", "--format", "json", PATH=f"{path}:/usr/bin:/bin")
        told = json.loads(done.stdout)
        assert (done.returncode, component(told, "git")["status"], component(told, "git")["version"]) == (2, "unsuitable", version)
        assert [one["code"] for one in told["diagnostics"]] == ["MW0941"]
    path = program(tmp_path / "loud", "kubectl", "#!/bin/sh\ncat\nhead -c 300000 /dev/zero; echo v1.36.3 >&2; echo\necho 'Client Version: v1.36.3'\n")
    told = json.loads(run(project, "doctor", "--format", "json", PATH=f"{path}:/usr/bin:/bin").stdout)
    assert component(told, "kubectl")["status"] == "ok"


def test_a_broken_project_file_is_shown_as_everywhere(project: Path) -> None:
    (project / "meshwright.toml").write_text("[sorces]\n")
    told = report(project, "doctor", code=1)
    assert [one["code"] for one in told["diagnostics"]] == ["MW0903"] and told["result"]["configuration"] == {}
    assert component(told, "lark")["status"] == "ok"
