"""A slip of the hand in an access rule is an error, never another rule; a line break is never another meaning."""

import pytest
from tests.properties.test_language import meaning

from meshwright.parse import parse
from meshwright.parse.lexemes import cut
from meshwright.source import Source

RULES = (
    'allow web, cart -> orders { GET, POST "/v1/{id}/**" }',
    'allow clients of edge/public port 443 -> shop/web, orders { port http GET "/x"; path "/y" }',
    'deny anyone -> web { path "/debug/**" } until 2027-01-01 because "inside"',
    "allow monitoring/prometheus -> pods of any service { port metrics }",
    'allow unidentified from 10.0.0.0/16, fd00::/8 -> pods of legacy/agent { port 8080 } because "agent"',
    'allow any workload, service-account ops/x -> any service { call "bank.Ledger/Post" }',
    "deny namespace legacy, clients of any gateway -> namespace shop",
)


def tokens(text: str) -> list[str]:
    return [lexeme for lexeme in cut("a.mesh", text).lexemes if not lexeme.isspace()]


@pytest.mark.parametrize("rule", RULES)
def test_one_slip_is_an_error(rule: str) -> None:
    """One token deleted, doubled, or swapped with its neighbour: an error, or exactly the same set of rules.

    The words that only say of what kind a name is are left alone: without `namespace` the name must be that of a service.
    """
    words = tokens(rule)
    right = listed(rule)
    for place in range(len(words)):
        deleted = words[:place] + words[place + 1:] if words[place] not in ("namespace", "service-account") else []
        doubled = words[:place + 1] + words[place:]
        swapped = words[:place] + words[place + 1:place + 2] + words[place:place + 1] + words[place + 2:]
        for changed in (deleted, doubled, swapped):
            text = " ".join(changed) or "}"
            found = listed(text)
            assert found is None or found == right, text


def listed(text: str) -> object:
    """What a text means with the order of its lists left out; None when it is refused."""
    outcome = parse(Source("a.mesh", text))
    if outcome.failed or outcome.value is None:
        return None
    return unordered(meaning(outcome.value))


def unordered(node: object) -> object:
    return sorted((unordered(part) for part in node), key=repr) if isinstance(node, list) else node


def test_a_line_break_never_changes_the_meaning() -> None:
    """But between the terms of one door, where lines are what tells one door from two."""
    text = "in shop\n" + "\n".join(RULES).replace("port http GET", "GET") + ('\nservice web { port http 80 -> 8080 as w; headless; label a = b, c = d }\n'
           'route at g host "a.example.com" { path "/a" -> b port 80 { timeout 3s }; GET "/b" -> c }\n'
           'invariant "x" { to a only from b, c; never a reaches b { GET "/" } }\ngroup g = a, b, c\n')
    lexemes = cut("a.mesh", text).lexemes
    right = parse(Source("a.mesh", text)).value
    assert right is not None
    same = refused = 0
    for place, lexeme in enumerate(lexemes):
        if lexeme == " ":
            outcome = parse(Source("a.mesh", "".join((*lexemes[:place], "\n", *lexemes[place + 1:]))))
            if outcome.failed:
                refused += 1
            else:
                assert outcome.value is not None and meaning(outcome.value) == meaning(right)
                same += 1
    assert same > refused > 0
