"""Codes of the project file and the command line."""

from meshwright.diagnostics.codes import Code

CODES: tuple[Code, ...] = (
    Code("MW0901", "no-project", "there is no project file"),
    Code("MW0902", "not-toml", "the project file is not TOML"),
    Code("MW0903", "unknown-key", "the project file has a key that nobody reads"),
    Code("MW0904", "wrong-value", "a value of the project file has the wrong type or is not possible"),
    Code("MW0905", "leaves-project", "a path leads out of the project"),
    Code("MW0906", "unknown-environment", "the project file has no such environment"),
    Code("MW0907", "unreadable", "a file is missing or unreadable"),
    Code("MW0908", "no-sources", "there is nothing to read where something has to be"),
    Code("MW0909", "not-utf8", "a source is not UTF-8"),
    Code("MW0910", "one-environment", "an option takes one environment, and there are several"),
    Code("MW0911", "shared-output", "two environments write to the same place"),
    Code("MW0912", "not-canonical", "a source is not in canonical form"),
    Code("MW0913", "exists", "init would overwrite a file"),
    Code("MW0914", "no-inventory", "init found no Kubernetes YAML"),
    Code("MW0915", "too-large", "a source or the project file is larger than the limit"),
    Code("MW0917", "base-does-not-compile", "the sources of the revision to compare with do not compile"),
    Code("MW0918", "new-access", "a change of the sources lets in what was not let in before"),
    Code("MW0919", "new-public-access", "a change of the sources lets in callers without an identity"),
    Code("MW0920", "nobody-called-so", "a question names what does not exist"),
    Code("MW0921", "several-called-so", "a question names what may be one of several"),
    Code("MW0922", "impossible-question", "a question that nobody can answer"),
    Code("MW0923", "no-denial", "a log in which no denial is known"),
    Code("MW0925", "wrong-words", "a command was given words that it cannot take"),
    Code("MW0926", "broken-expectation", "a test of the sources does not pass"),
    Code("MW0927", "no-test", "there is no test in the sources"),
    Code("MW0930", "nothing-proved", "a proof about nothing"),
    Code("MW0940", "not-in-commit", "a hook sees a file that the commit does not contain so"),
    Code("MW0941", "missing-component", "something that the project needs is not installed"),
)
