"""Which findings mean what to the caller's shell."""

from collections.abc import Iterable

from meshwright.diagnostics import Diagnostic

CLEAN, WRONG, CANNOT_LOOK_AT_IT, REMOTE_FAILED = 0, 1, 2, 3

# The user's sources may be perfect: we could not look at them, so nothing is known.
CANNOT_LOOK: tuple[str, ...] = ("MW0901", "MW0906", "MW0907", "MW0910", "MW0756", "MW0767", "MW0773", "MW0774", "MW0801", "MW0917",
                                "MW0941", "MW0920", "MW0921", "MW0922", "MW0923", "MW0925", "MW0506")
# The same for whole groups: no engine, a guardrail that cannot be evaluated (docs/diagnostics, MW0580 to MW0599).
CANNOT_LOOK_GROUPS: tuple[str, ...] = ("MW058", "MW059")
# Sources and tree are fine; the GitOps repository is missing, refused, or somebody was faster.
REMOTE: tuple[str, ...] = ("MW0762", "MW0763", "MW0764", "MW0765", "MW0766")


def exit_code(diagnostics: Iterable[Diagnostic], fail_on: str = "error") -> int:
    """0 clean, 1 wrong, 2 could not look, 3 remote; what keeps us from looking outweighs everything else."""
    code = CLEAN
    for found in diagnostics:
        if found.severity == "error" and (found.code in CANNOT_LOOK or found.code.startswith(CANNOT_LOOK_GROUPS)):
            return CANNOT_LOOK_AT_IT
        if found.severity == "error" and found.code in REMOTE:
            code = REMOTE_FAILED
        elif (found.severity == "error" or (found.severity == fail_on == "warning")) and code == CLEAN:
            code = WRONG
    return code
