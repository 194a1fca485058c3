"""MW0318: an exception past its date."""

from collections.abc import Iterator

from meshwright.check.facts import Facts
from meshwright.diagnostics import Diagnostic, error
from meshwright.source import Span


def expired(facts: Facts) -> Iterator[Diagnostic]:
    """The last day still counts; dates are ISO and compare as text."""
    for rule in facts.program.rules:
        if rule.until is not None and rule.until.text < facts.today:
            yield _over("this rule", rule.until.text, rule.until.span, "take the rule out, or give it another date and say why")
    for namespace in facts.program.namespaces:
        if namespace.until and namespace.until < facts.today and namespace.span is not None:
            yield _over(
                f"the exception for namespace `{namespace.name}`",
                namespace.until,
                namespace.span,
                "write `enforce yes`, or another date and say why",
            )


def _over(what: str, date: str, span: Span, help: str) -> Diagnostic:
    return error(
        "MW0318",
        f"{what} ended on {date}",
        span,
        label="in the past",
        notes=("nothing closes by itself at midnight: the output changes when the source does",),
        help=(help,),
    )
