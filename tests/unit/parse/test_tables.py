"""The shipped tables are what Lark makes of the grammar, and the driver reads them as Lark does."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.parse.trees import by_driver, by_lark

from meshwright.parse.plan import row_of
from meshwright_grammar import generate, tables

SHIPPED = Path(tables.__file__)

SNIPPETS = (
    "", "\n\n# only a comment\n", "in shop\nallow a -> b", "allow a -> b;", "allow a -> b;\nallow c -> d\n", "allow a->b", "allow a-b->c",
    "allow a,\n  b\n  -> c", "allow a -> b\n  because \"x\"", "allow a -> b # c\n# d\n  until 2027-01-01",
    "allow web -> orders { GET \"/a\"; POST, PUT \"/b/**\"\n port db path \"/c\" }", "service route { port http 80->8080 as web }",
    "allow route, port, gateway, test, v1, on, to, in, deny, when -> route, at, host", "group g = a, route,\nin",
    "allow unidentified from 10.0.0.0/8, fd00::/8 -> pods of x", "allow any workload, clients of a/b port 443 -> any service, pods of any workload",
    "mesh { istio 1.30\r\n trust-domain cluster.local }", "telemetry { trace 1% to otel; tag team = owner }",
    "gateway edge/public { listen https 443 host \"a\", \"b\" { certificate x; tls min 1.3 } }",
    "allow a -> b { path \"/x\" } when t.scope has any of \"a\", \"b\" and client-address in 10.0.0.0/8",
    "profile p { param ns : namespace; allow namespace $ns -> $ns/web }\napply p { ns shop; n 3 }",
    # and what neither reads
    "allow a -> b {}", "allow a b", "allow a -> b allow c -> d", ";", "allow a -> b;;", "allow internal -> b { port }", "allow a, -> b",
    "allow Web -> b", "service s { port http 80abc }", "allow a -> b asx", "mesh { istio 1 }", "allow a -> b { GET }", "}", "{",
    "allow a -> b { port http 80 }", "group g = web.shop", "group g = a/b/c", "allow a -> 'b'", "\ufeffallow a -> b", "allow a → b",
)


def test_shipped_tables_are_current() -> None:
    assert SHIPPED.read_text("utf-8") == generate.tables()


@pytest.mark.parametrize("seed", ["1", "77"])
def test_tables_do_not_depend_on_hashing(seed: str) -> None:
    script = "from meshwright_grammar import generate, tables; print(generate.tables() == open(tables.__file__, encoding='utf-8').read())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                          env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(SHIPPED.parents[1])})
    assert done.stdout.strip() == "True", done.stderr


@pytest.mark.parametrize("text", SNIPPETS)
def test_driver_reads_like_lark(text: str) -> None:
    assert by_driver(text) == by_lark(text)


def test_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    import logging

    from lark import logger

    level, logger.level = logger.level, logging.DEBUG
    try:
        with caplog.at_level(logging.DEBUG, logger=logger.name):
            logger.addHandler(caplog.handler)
            generate.lark_parser(debug=True)
    finally:
        logger.removeHandler(caplog.handler)
        logger.level = level
    assert not [record for record in caplog.records if "onflict" in record.getMessage()]


def test_keywords_beside_names_only_in_sources_and_destinations() -> None:
    """A word is a keyword only where no name can stand, but for the positions listed here."""
    found: dict[frozenset[str], int] = {}
    for state in range(len(tables.STATES)):
        row = row_of(state)
        if "NAME" in row:
            beside = frozenset(word for word in row if word[0].islower())
            if beside:
                found[beside] = found.get(beside, 0) + 1
    assert set(found) == {
        frozenset({"any", "anyone", "clients", "namespace", "service-account", "unidentified"}),  # a source
        frozenset({"any", "namespace", "pods"}),  # a destination
        frozenset({"any"}),  # behind `clients of` and `pods of`
    }


def test_parsing_imports_no_lark() -> None:
    script = ("import sys; from meshwright.parse import parse; from meshwright.source import Source;"
              "outcome = parse(Source('a.mesh', 'allow a -> b { GET \"/x\" }')); assert not outcome.failed;"
              "bad = {'lark', 'dataclasses', 'inspect', 'pathlib', 'ipaddress', 'unicodedata', 'logging'} & set(sys.modules);"
              "assert not bad, bad")
    root = SHIPPED.parents[2]
    subprocess.run([sys.executable, "-S", "-c", script], check=True, env={"PYTHONPATH": f"{root / 'compiler'}:{root / 'grammar'}"})
