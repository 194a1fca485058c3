"""`read_tree` and `read_folder`: what a controller would apply, or why that is unknown."""

import pytest

from meshwright.inventory import read_folder, read_tree
from meshwright.ir.filetree import File, FileTree

POLICY = b"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: a\n  namespace: shop\nspec: {}\n"
OTHER = POLICY.replace(b"name: a", b"name: b")
LIST = b"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- shop/a.yaml\n"


def tree(**files: bytes) -> FileTree:
    """Files by path; `__` is a slash and `_` a dot."""
    return FileTree(tuple(sorted(File(path.replace("__", "/").replace("_", "."), content, "") for path, content in files.items())))


def codes(files: FileTree) -> list[str]:
    return [found.code for found in read_tree(files).diagnostics]


def test_objects_come_sorted_with_their_place():
    outcome = read_tree(
        tree(z_yaml=POLICY, a_yml=b"# c\n" + OTHER + b"---\n" + POLICY.replace(b"shop", b"edge"), README_md=b"x: [", _meshwright_lock=b"{")
    )
    assert outcome.diagnostics == () and outcome.value is not None
    assert [(one.id, one.span.path) for one in outcome.value] == [
        ("AuthorizationPolicy edge/a", "a.yml"), ("AuthorizationPolicy shop/a", "z.yaml"), ("AuthorizationPolicy shop/b", "a.yml")]  # fmt: skip
    (span,) = {one.span for one in outcome.value if one.id == "AuthorizationPolicy shop/b"}
    assert (b"# c\n" + OTHER)[span.start : span.end] == b"b"


def test_the_list_and_the_files_agree():
    assert codes(tree(kustomization_yaml=LIST, shop__a_yaml=POLICY)) == []
    assert codes(tree(kustomization_yaml=LIST.replace(b"shop/", b"./shop/"), shop__a_yaml=POLICY)) == []


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (tree(kustomization_yaml=LIST, shop__a_yaml=POLICY, shop__b_yaml=OTHER), "MW0814"),
        (tree(kustomization_yaml=LIST), "MW0814"),
        (tree(kustomization_yaml=LIST + b"- shop/a.yaml\n", shop__a_yaml=POLICY), "MW0814"),
        (tree(kustomization_yaml=LIST + b"namespace: x\n", shop__a_yaml=POLICY), "MW0815"),
        (tree(kustomization_yaml=LIST + b"patches: []\n", shop__a_yaml=POLICY), "MW0815"),
        (tree(kustomization_yaml=LIST + b"- https://example.org/x\n", shop__a_yaml=POLICY), "MW0815"),
        (tree(kustomization_yaml=LIST + b"- ../x.yaml\n", shop__a_yaml=POLICY), "MW0815"),
        (tree(kustomization_yaml=LIST + b"---\n" + LIST, shop__a_yaml=POLICY), "MW0815"),
        (tree(kustomization_yaml=LIST, Kustomization=LIST, shop__a_yaml=POLICY), "MW0815"),
        (tree(kustomization_yaml=LIST, shop__kustomization_yaml=LIST, shop__a_yaml=POLICY), "MW0815"),
        (tree(a_jsonnet=b"{}"), "MW0815"),
        (tree(a_json=b'{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}'), "MW0815"),
        (tree(a_yaml=b"# +argocd:skip-file-rendering\n" + POLICY), "MW0815"),
        (tree(_sourceignore=b"shop/\n", a_yaml=POLICY), "MW0815"),
        (tree(kustomization_yaml=LIST.replace(b"Kustomization", b"Component"), shop__a_yaml=POLICY), "MW0815"),
        (tree(a_yaml=POLICY, b_yaml=POLICY), "MW0810"),
        (tree(a_yaml=POLICY.replace(b"  namespace: shop\n", b"")), "MW0817"),
        (tree(a_yaml=POLICY.replace(b"{}", b"{action: no}")), "MW0809"),
        (tree(a_yaml=b"action: DENY\n"), "MW0811"),
        (tree(a_yaml=POLICY + b"spec: {}\n"), "MW0808"),
    ],
)
def test_what_the_controller_would_do_otherwise_is_an_error(files, code):
    assert codes(files) == [code]


def test_a_component_beside_the_list_takes_no_part():
    component = b"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: []\n"
    files = tree(kustomization_yaml=LIST, shop__a_yaml=POLICY, components__x__kustomization_yaml=component, components__x__p_yaml=OTHER)
    outcome = read_tree(files)
    assert outcome.diagnostics == () and outcome.value is not None and len(outcome.value) == 1
    without = FileTree(tuple(file for file in files.files if file.path != "kustomization.yaml"))
    assert codes(without) == ["MW0815"]


def test_a_folder_is_read_as_it_is(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.yaml").write_bytes(OTHER)
    (tmp_path / "shop" / "a.yaml").write_bytes(POLICY)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "b.yaml").write_bytes(OTHER)
    (tmp_path / "kustomization.yaml").write_bytes(LIST)
    (tmp_path / "README.md").write_text("x")
    (tmp_path / ".meshwright.lock").write_text("x")
    outcome = read_folder(str(tmp_path))
    assert outcome.diagnostics == () and outcome.value is not None
    assert [file.path for file in outcome.value.files] == [".hidden/b.yaml", ".meshwright.lock", "kustomization.yaml", "shop/a.yaml"]
    assert codes(outcome.value) == ["MW0814"]
    (tmp_path / "shop" / "link.yaml").symlink_to("/etc/hostname")
    assert [found.code for found in read_folder(str(tmp_path)).diagnostics] == ["MW0802"]
    assert [found.code for found in read_folder(str(tmp_path / "none")).diagnostics] == ["MW0801"]
