"""Codes of the parse room."""

from meshwright.diagnostics.codes import Code

CODES: tuple[Code, ...] = (
    Code("MW0101", "unexpected-token", "a word or mark that does not fit where it stands"),
    Code("MW0102", "unclosed-block", "a `{` without its `}`"),
    Code("MW0103", "unclosed-string", "a string that does not end on its line"),
    Code("MW0104", "bad-character", "a character that is not what it looks like, or is not visible"),
    Code("MW0105", "missing-separator", "two statements on one line without `;`"),
    Code("MW0106", "method-without-path", "a method that no path follows"),
    Code("MW0107", "empty-doors", "braces of a rule with nothing in them"),
    Code("MW0108", "reserved-word", "a word that cannot be a source or destination by itself"),
    Code("MW0109", "trailing-comma", "a list that ends with a comma"),
    Code("MW0110", "bad-port", "a number that is not a port"),
    Code("MW0111", "bad-date", "a date that is not in the calendar"),
    Code("MW0112", "bad-cidr", "addresses that are no block of addresses"),
    Code("MW0113", "bad-duration", "a duration that cannot be read"),
    Code("MW0114", "bad-path", "a path pattern that is not one"),
    Code("MW0115", "too-deep", "braces nested too deeply"),
    Code("MW0116", "file-too-large", "a source file of more than a mebibyte"),
    Code("MW0117", "bad-name", "a word that was meant as a name but is none"),
    Code("MW0118", "late-header", "a header line behind a statement"),
    Code("MW0119", "said-twice", "a line that a block may hold once stands there twice"),
    Code("MW0120", "bad-escape", "an escape that strings do not have"),
    Code("MW0121", "bad-host", "a text that is not a host name"),
    Code("MW0122", "parameter-outside-profile", "a `$name` outside a profile"),
    Code("MW0123", "bad-call", "a text that is not a gRPC method"),
)
