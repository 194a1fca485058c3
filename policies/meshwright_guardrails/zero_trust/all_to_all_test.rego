package meshwright.zero_trust.all_to_all_test

import data.meshwright.zero_trust.all_to_all as guardrail
import data.meshwright.zero_trust.fixtures_test as f

names := ["a", "b", "c"]

edges(callers) := [f.edge(f.caller("shop", from), f.to(target, 80, "http"), f.no_terms) | some from in callers; some target in names]

services := [f.service(name, [f.port(80, "http")]) | some name in names]

test_fires_for_three_by_three if {
	some finding in guardrail.warn with input as f.model(services, edges(names), [])
	finding.msg == "the rule lets 3 services call each other, each way"
}

test_silent_for_two_callers if {
	count(guardrail.warn) == 0 with input as f.model(services, edges(["a", "b"]), [])
}
