"""MW0319: a rule about a namespace for which nothing is emitted."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, Label, error, warning
from meshwright.ir import resolved


def ungoverned_target(facts: Facts) -> Iterator[Diagnostic]:
    """A warning for an allow in a namespace that says `enforce no`: such rules are written before the switch.  Else an error.

    Once for each namespace; a deny each time.
    """
    seen: set[tuple[str, str]] = set()
    for problem in facts.problems.get("ungoverned", ()):
        namespace = facts.namespaces.get(problem.text)
        rule = problem.statement
        effect = rule.effect if isinstance(rule, resolved.Rule) and namespace is not None else ""
        if effect != "deny" and (problem.text, effect) in seen:
            continue
        seen.add((problem.text, effect))
        if namespace is None:
            yield error(
                "MW0319",
                f"namespace `{problem.text}` is not governed: no `namespace` statement declares it",
                problem.span,
                label="nobody would keep this rule",
                notes=("an undeclared namespace is left alone, and open to everybody",),
                help=(f"declare `namespace {problem.text} {{ enforce yes }}`",),
            )
            continue
        others = (Label(namespace.span, "`enforce no`"),) if namespace.span is not None else ()
        if effect == "deny":
            yield error(
                "MW0319",
                f"this deny has no effect: namespace `{problem.text}` is not enforced",
                problem.span,
                label="nobody would keep it",
                others=others,
                notes=("a deny that does nothing reads like protection",),
                help=("write `enforce yes` for the namespace, or take the deny out",),
            )
        else:
            yield warning(
                "MW0319",
                f"this grant has no effect yet: namespace `{problem.text}` is not enforced",
                problem.span,
                label="open to everybody",
                others=others,
                help=("write `enforce yes` when all grants are there",),
            )
