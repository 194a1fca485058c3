package meshwright.zero_trust.namespace_wide_test

import data.meshwright.zero_trust.fixtures_test as f
import data.meshwright.zero_trust.namespace_wide as guardrail

edge(namespace, because) := object.union(
	f.edge(object.union(f.anybody, {"kind": "namespace", "namespace": namespace}), f.to("web", 80, "http"), f.no_terms),
	{"because": because},
)

test_fires_across if {
	count(guardrail.deny) == 1 with input as f.with_edge(edge("batch", ""))
}

test_silent_inside if {
	count(guardrail.deny) == 0 with input as f.with_edge(edge("shop", ""))
}

test_silent_with_reason if {
	count(guardrail.deny) == 0 with input as f.with_edge(edge("batch", "one team owns both"))
}
