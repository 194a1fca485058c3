package meshwright.zero_trust.deny_by_path_test

import data.meshwright.zero_trust.deny_by_path as guardrail
import data.meshwright.zero_trust.fixtures_test as f

target := f.to("web", 80, "http")

denied(path) := object.union(f.edge(object.union(f.anybody, {"kind": "anyone"}), target, f.door([], path)), {"effect": "deny", "id": "edge 2", "rule": "rule 2"})

test_fires_beside_an_open_allow if {
	count(guardrail.warn) == 1 with input as f.model([], [f.edge(f.caller("shop", "cart"), target, f.no_terms)], [denied(f.one_path)])
}

test_silent_beside_a_narrow_allow if {
	count(guardrail.warn) == 0 with input as f.model([], [f.edge(f.caller("shop", "cart"), target, f.door(["GET"], f.one_path))], [denied(f.one_path)])
}

test_silent_when_everything_is_denied if {
	count(guardrail.warn) == 0 with input as f.model([], [f.edge(f.caller("shop", "cart"), target, f.no_terms)], [denied(f.every_path)])
}
