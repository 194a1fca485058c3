package meshwright.zero_trust.any_workload_test

import data.meshwright.zero_trust.any_workload as guardrail
import data.meshwright.zero_trust.fixtures_test as f

test_fires_without_http_terms if {
	some finding in guardrail.deny with input as f.with_edge(f.edge(f.anybody, f.to("web", 80, "http"), f.no_terms))
	finding.node == "edge 1"
}

test_silent_with_http_terms if {
	count(guardrail.deny) == 0 with input as f.with_edge(f.edge(f.anybody, f.to("web", 80, "http"), f.door(["GET"], f.one_path)))
}

test_silent_for_a_named_caller if {
	count(guardrail.deny) == 0 with input as f.with_edge(f.edge(f.caller("shop", "cart"), f.to("web", 80, "http"), f.no_terms))
}
