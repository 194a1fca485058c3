"""Input made to hurt: each is answered in a moment."""

import time

import pytest

from meshwright.inventory.documents import read_documents
from meshwright.inventory.plain import Memo

CASES = {
    "escapes": (b'a: "' + b"\\n" * 2_000_000 + b'"\n', []),
    "open string": (b'a: "' + b'\\"' * 2_000_000 + b"{{\n", ["MW0806"]),
    "base 60": (b"a: " + b"1:" * 2_000_000 + b"1\n", []),
    "words": (b"a: " + b"a " * 2_000_000 + b": b\n", ["MW0806"]),
    "comments": (b"a: b #" + b" #" * 2_000_000 + b"\n", []),
    "brackets": (b"[" * 10_000_000, ["MW0805"]),
    "dashes": (b"- " * 5_000_000, ["MW0805"]),
    "braces": (b"a: {" * 2_000_000, ["MW0805"]),
    "documents": (b"---\n" * 4_000_000, ["MW0804"]),
    "quotes": (b"a: '" + b"''" * 5_000_000 + b"'\n", []),
    "spaces": (b"a:" + b" " * 10_000_000 + b"\n", []),
    "blank lines": (b"\n" * 3_000_000, []),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_answered_in_a_moment(name):
    data, codes = CASES[name]
    start = time.process_time()
    assert [found.code for found in read_documents(data, "x.yaml", Memo()).diagnostics] == codes
    assert time.process_time() - start < 5  # quadratic answers take minutes
