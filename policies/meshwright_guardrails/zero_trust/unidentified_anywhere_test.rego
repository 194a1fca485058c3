package meshwright.zero_trust.unidentified_anywhere_test

import data.meshwright.zero_trust.fixtures_test as f
import data.meshwright.zero_trust.unidentified_anywhere as guardrail

edge(cidrs) := f.edge(object.union(f.anybody, {"kind": "unidentified", "cidrs": cidrs}), f.to("agent", 80, "http"), f.no_terms)

test_fires_without_addresses if {
	count(guardrail.warn) == 1 with input as f.with_edge(edge([]))
}

test_silent_with_addresses if {
	count(guardrail.warn) == 0 with input as f.with_edge(edge(["10.0.0.0/16"]))
}
