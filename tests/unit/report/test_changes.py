"""Changes of access as words."""

from meshwright.ir.changes import Change, Changes
from meshwright.ir.proof import Request
from meshwright.report import changes_markdown, changes_text
from meshwright.source import Span

REQUEST = Request("cluster.local/ns/shop/sa/web", "203.0.113.7", 80, "GET", "/v1", "example.com")
CHANGE = Change("opens", "shop/web", "shop/orders port 80", "GET /v1", True, "a new rule", REQUEST, False, "allow web -> orders", Span("a.mesh", 0, 1))


def changes(*chosen: Change, environment: str = "default") -> Changes:
    return Changes(environment, chosen, 7)


def test_nothing_says_what_was_compared() -> None:
    assert changes_text(changes()) == "no access changes (7 ways to destinations compared)\n"
    assert changes_markdown(changes()) == "### Access: no access changes (7 ways to destinations compared)\n"


def test_a_change_has_its_rule_and_its_example() -> None:
    assert changes_text(changes(CHANGE)) == (
        "opens  shop/web -> shop/orders port 80: GET /v1\n"
        "       a new rule: `allow web -> orders` in a.mesh\n"
        "       for example `GET /v1` from `cluster.local/ns/shop/sa/web` to port 80\n"
        "1 opened, 0 closed\n")


def test_public_ones_are_counted() -> None:
    public = CHANGE._replace(public=True, source="clients of edge/public port 443")
    assert "2 opened, 1 of them to callers without an identity, 1 closed" in changes_text(changes(CHANGE, public, CHANGE._replace(effect="closes")))
    assert "for host `example.com`" in changes_text(changes(public))


def test_a_hostile_text_stays_in_its_cell() -> None:
    bad = CHANGE._replace(rule="allow `a` | b\n| <script>", because="x | <b>", door="`|`\r\n# title", source="a`b|c")
    rows = [line for line in changes_markdown(changes(bad)).splitlines() if line.startswith("| `")]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 5
    assert "<b>" not in rows[0]


def test_a_long_answer_is_cut_between_two_rows() -> None:
    many = changes(*[CHANGE._replace(door=f"GET /v1/{number}") for number in range(400)], *[CHANGE._replace(effect="closes")] * 3, environment="prod")
    text = changes_markdown(many, 10_000)
    assert len(text) <= 10_000
    assert text.startswith("### Access in `prod`: 400 opened, 3 closed\n")
    shown = text.count("| `shop/web`")
    assert shown > 20 and f"… and {403 - shown} more" in text
    assert changes_markdown(many).count("| `shop/web`") > shown
