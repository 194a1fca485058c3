"""What has to be committed before a tree may be published."""

from types import SimpleNamespace

from meshwright.cli.commands.publish import _inputs


def test_a_folder_of_guardrails_is_an_input_however_it_is_named(tmp_path):
    (tmp_path / "guardrails").mkdir()
    guard = SimpleNamespace(packs=("zero_trust", "guardrails", "./guardrails"))
    project = SimpleNamespace(root=str(tmp_path), guard=guard, sources=("mesh/",), inventory=("k8s/",), foreign=())
    assert _inputs(project, []) == ("meshwright.toml", "mesh/", "k8s/", "guardrails", "./guardrails")
