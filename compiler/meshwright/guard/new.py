"""A first guardrail and its test, to be changed: what ``guard new`` writes."""


def new_guardrail(pack: str, name: str) -> dict[str, str]:
    """File name -> text.  ``pack``: the folder, "guardrails/mesh"; ``name``: lower case letters, digits and `_`.

    The rule holds for a program in which every enforced namespace has an owner, and its tests pass.
    """
    base = ".".join(_word(part) for part in pack.split("/") if part not in ("", "."))
    package = f"{base}.{name}" if base else name
    return {f"{name}.rego": RULE.format(package=package), f"{name}_test.rego": TEST.format(package=package, name=name)}


def _word(part: str) -> str:
    word = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in part)
    return word if word[:1].isalpha() or word[:1] == "_" else f"_{word}"


RULE = """\
# METADATA
# title: every enforced namespace has an owner
# description: add `owner "team@example.com"` to the namespace
# custom:
#   severity: error
package {package}

deny contains finding if {{
	some space in input.intent.namespaces
	space.enforce
	space.owner == ""
	finding := {{
		"msg": sprintf("nobody owns the namespace `%s`", [space.name]),
		"node": space.id,
	}}
}}
"""

TEST = """\
package {package}_test

import data.{package}

namespace(owner) := {{"intent": {{"namespaces": [{{"id": "namespace shop", "name": "shop", "enforce": true, "owner": owner}}]}}}}

test_fires_without_owner if {{
	some finding in {name}.deny with input as namespace("")
	finding.node == "namespace shop"
}}

test_silent_with_owner if {{
	count({name}.deny) == 0 with input as namespace("team-shop@example.com")
}}
"""
