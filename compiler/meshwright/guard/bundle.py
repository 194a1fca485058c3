"""Bundles as OPA builds them: a `.tar.gz` with rules, data and a manifest.  Hostile until shown otherwise: bounded, nothing is unpacked."""

import io
import posixpath
import tarfile
import zlib
from typing import Any

from meshwright.guard.answer import Module
from meshwright.guard.org import Unusable, load_json, load_yaml
from meshwright.record import NamedTuple

MOST_FILES = 2_000
MOST_BYTES = 32 << 20  # of everything in it, unpacked
IGNORED = (".signatures.json", "plan.json")


class Bundle(NamedTuple):
    modules: tuple[Module, ...]  # paths as in the bundle, sorted
    data: dict[str, Any]
    revision: str


def read_bundle(raw: bytes) -> Bundle:
    """What is in a bundle.  Raises Unusable with why and what to do.

    Refused: no gzip or tar, links and devices, paths that leave it, a file twice, too much, Rego of before 1.0, WebAssembly, a patch
    (delta) bundle, and files outside the roots that its manifest names.  A signature is not verified, as OPA does not without a key.
    """
    files = _unpack(raw)
    manifest = _manifest(files)
    roots = manifest.get("roots", [""])
    if not isinstance(roots, list) or not all(isinstance(root, str) for root in roots):
        raise Unusable("its manifest has `roots` that are no list of paths", "build it anew with `opa build -b`")
    modules: list[Module] = []
    data: dict[str, Any] = {}
    for path in sorted(files):
        if path.endswith(".rego"):
            modules.append(Module(path, _text(path, files[path])))
        elif posixpath.basename(path) in ("data.json", "data.yaml", "data.yml"):
            _put(data, posixpath.dirname(path), _data(path, files[path]), path)
    _judge_roots(modules, data, [root.strip("/") for root in roots])
    return Bundle(tuple(modules), data, str(manifest.get("revision", "")))


def _unpack(raw: bytes) -> dict[str, bytes]:
    try:
        inflater = zlib.decompressobj(31)
        content = inflater.decompress(raw, MOST_BYTES + 1)
        if len(content) > MOST_BYTES or inflater.unconsumed_tail:
            raise Unusable(f"it is larger than {MOST_BYTES} bytes unpacked", "keep rules and data, and nothing else")
        if not inflater.eof:
            raise Unusable("it ends in the middle", "build or download it anew")
        files: dict[str, bytes] = {}
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                path = _path(member)
                if path is None:
                    continue
                if path in files or len(files) >= MOST_FILES:
                    raise Unusable(f"`{path}` is in it twice" if path in files else f"it has more than {MOST_FILES} files", "build it anew")
                stream = archive.extractfile(member)
                files[path] = stream.read() if stream is not None else b""
    except (zlib.error, tarfile.TarError, EOFError, ValueError) as problem:
        raise Unusable(f"it is no .tar.gz: {problem}", "build it with `opa build -b`") from None
    return files


def _path(member: tarfile.TarInfo) -> str | None:
    """The path of a file, None for a folder or what nobody needs."""
    if member.isdir():
        return None
    path = posixpath.normpath(member.name.lstrip("/"))  # opa writes "/data.json"
    if not member.isreg() or path.startswith("..") or "\\" in path or "\0" in path:
        raise Unusable(f"`{member.name}` is no plain file inside it", "build it anew, from plain files")
    return None if posixpath.basename(path) in IGNORED else path


def _manifest(files: dict[str, bytes]) -> dict[str, Any]:
    manifest = load_json(_text(".manifest", files[".manifest"])) if ".manifest" in files else {}
    if not isinstance(manifest, dict):
        raise Unusable("its `.manifest` is no object", "build it anew with `opa build -b`")
    if "patch.json" in files:
        raise Unusable("it is a delta bundle", "name a whole one")
    if manifest.get("wasm") or any(path.endswith(".wasm") for path in files):
        raise Unusable("it has compiled policies (WebAssembly)", "build it with `opa build -t rego`")
    versions = [manifest.get("rego_version", 1), *dict(manifest.get("file_rego_versions") or {}).values()]
    if any(version != 1 for version in versions):
        raise Unusable("it has Rego of before 1.0 (`rego_version`)", "rewrite it with `opa fmt --rego-v1`, and build it anew")
    return manifest


def _data(path: str, raw: bytes) -> Any:
    value = load_json(_text(path, raw)) if path.endswith(".json") else load_yaml(_text(path, raw))
    if not isinstance(value, dict):
        raise Unusable(f"`{path}` is no object at the top", "write keys and values")
    return value


def _put(data: dict[str, Any], folder: str, value: dict[str, Any], path: str) -> None:
    """Data of a folder stands below the keys of its path."""
    for part in filter(None, folder.split("/")):
        data = data.setdefault(part, {})
        if not isinstance(data, dict):
            raise Unusable(f"`{path}` stands where other data has a value", "give one of them another place")
    for key, item in value.items():
        if key in data:
            raise Unusable(f"`{path}` says `{key}`, and so does other data", "give every key one file")
        data[key] = item


def _judge_roots(modules: list[Module], data: dict[str, Any], roots: list[str]) -> None:
    from meshwright.guard.refusals import package_of

    paths = [(module.path, package_of(module).replace(".", "/")) for module in modules]
    paths += [("its data", path) for path in _leaves(data, "")]
    for shown, path in paths:
        if not any(not root or path == root or path.startswith(root + "/") for root in roots):
            raise Unusable(f"{shown} defines `{path}`, which is outside its roots", "name the root in its manifest, or take it out")


def _leaves(value: Any, path: str) -> list[str]:
    if not isinstance(value, dict) or not value:
        return [path]
    return [leaf for key, inner in value.items() for leaf in _leaves(inner, f"{path}/{key}" if path else key)]


def _text(path: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Unusable(f"`{path}` is not UTF-8 (byte {problem.start})", "save it as UTF-8") from None
