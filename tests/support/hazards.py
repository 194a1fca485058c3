"""Strings that some YAML reader takes for something else, or loses a character of."""

WORDS = (
    "y", "Y", "n", "N", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "true", "True", "TRUE", "false", "False", "FALSE",
    "null", "Null", "NULL", "~", "", "none", "None", "nan", "NaN", "NAN", "inf", "Inf",
)  # fmt: skip
NUMBERS = (
    "0", "1", "-1", "+1", "007", "0777", "08", "0o7", "0O7", "0x1F", "0X1f", "0b101", "1_000", "1,000", "1e3", "1E3", "1e+3", "-1e-3", "1.5", "1.", ".5", "-.5",
    "12:30:45", "190:20:30", "1:30", "1:30.5", ".inf", "-.inf", "+.Inf", ".INF", ".nan", ".NaN", "0.0", "-0", "9223372036854775808", "1__0", "_1", "0_", "1e", "e3",
    "123456789012345678901234567890", "0x", "١٢٣",
)  # fmt: skip
DATES = ("2026-11-23", "2026-1-2", "2026-11-23T01:02:03Z", "2026-11-23 01:02:03", "2026-11-23t01:02:03.5+01:00", "99-01-01", "20261123")
SYNTAX = (
    "<<", "=", "-", "--", "---", "--- x", "...", "... x", "- a", "-a", "a: b", "a:", ":", ":a", "a :b", "a #b", "a#b", "#a", " #", "?", "? a", "*", "*a", "&a", "!", "!a", "!!str a",
    "|", ">", "|-", "%YAML", "@a", "`a", "{", "}", "{}", "[", "]", "[a]", "{a: b}", ",", "a, b", "'", "''", "'a'", '"', '""', '"a"', "\\", "\\n", "a\\", "$a", "${a}", "$(a)", "{{ a }}", "a/*b",
)  # fmt: skip
SPACES = (
    " ", "  ", " a", "a ", "a  b", "\n", "a\n", "\na", "a\nb", "a\n\nb", "a\n  b", "a \nb", "\t", "a\t", "\ta", "a\tb", "\r", "a\rb", "\r\n", "a\r\nb", "\x85", "a\x85b", "\u2028", "a\u2028b",
    "\u2029", "a\u2029b", "\xa0", "a\xa0b", "\ufeff", "\ufeffa", "a\ufeff", "\u200b", "\u200e", "\u202e",
)  # fmt: skip
CONTROLS = ("\x01", "\x07", "\x08", "\x0b", "\x0c", "\x1b", "\x1b[0m", "\x7f", "\x80", "\x9f", "\ufffe", "\uffff", "\ufffd")
OTHERS = (
    "é",
    "ß",
    "日本",
    "😀",
    "a😀b",
    "👩‍👩‍👧",
    "\U0010ffff",
    "a" * 200,
    "a b " * 50,
    "-" * 200,
    "x" * 5000,
    "a.b.c/d",
    "cluster.local/ns/a/sa/b",
    "GET",
    "/v1/{id}/*",
)

HAZARDS = (*WORDS, *NUMBERS, *DATES, *SYNTAX, *SPACES, *CONTROLS, *OTHERS)
