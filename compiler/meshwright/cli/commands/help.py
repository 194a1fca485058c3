"""``help``: the page of a diagnostic, or the list of all."""

import sys

from meshwright.cli.arguments import Arguments
from meshwright.cli.exits import CANNOT_LOOK_AT_IT, CLEAN
from meshwright.cli.pages import about, all_codes


def run(arguments: Arguments) -> int:
    """The page as it is written, to standard output; without a code, every code with a line."""
    known = all_codes()
    if not arguments.files:
        sys.stdout.write("".join(f"{code.code}  {code.slug:28}  {code.summary}\n" for code in known))
        return CLEAN
    for word in arguments.files:
        names = (word.upper(), word.lower())
        found = next((code for code in known if code.code in names or code.slug in names or f"{code.code}-{code.slug}" == word), None)
        if found is None:
            from meshwright.diagnostics import did_you_mean

            near = did_you_mean(word.upper(), (code.code for code in known)) or did_you_mean(word.lower(), (code.slug for code in known))
            advice = f"did you mean `{near[0]}`?" if near else "`meshwright help` lists them"
            sys.stderr.write(f"meshwright help: no diagnostic is called {word!r}: {advice}\n")
            return CANNOT_LOOK_AT_IT
        sys.stdout.write(about(found.code).page or f"{found.code} {found.slug}: {found.summary}\n")
    return CLEAN
