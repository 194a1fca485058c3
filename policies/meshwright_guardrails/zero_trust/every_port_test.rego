package meshwright.zero_trust.every_port_test

import data.meshwright.zero_trust.every_port as guardrail
import data.meshwright.zero_trust.fixtures_test as f

services := [f.service("web", [f.port(80, "http"), f.port(9000, "tcp")])]

edge(number) := f.edge(f.caller("shop", "cart"), f.to("web", number, "http"), f.no_terms)

test_fires_for_all_ports if {
	some finding in guardrail.warn with input as f.model(services, [edge(80), edge(9000)], [])
	finding.msg == "the grant covers all 2 ports of `shop/web`"
}

test_silent_for_one_of_two if {
	count(guardrail.warn) == 0 with input as f.model(services, [edge(80)], [])
}

test_silent_for_a_service_with_one_port if {
	count(guardrail.warn) == 0 with input as f.with_edge(edge(80))
}
