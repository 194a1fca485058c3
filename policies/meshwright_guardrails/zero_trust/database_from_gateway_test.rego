package meshwright.zero_trust.database_from_gateway_test

import data.meshwright.zero_trust.database_from_gateway as guardrail
import data.meshwright.zero_trust.fixtures_test as f

from_gateway(protocol) := f.with_edge(object.union(f.edge(f.client, f.to("db", 5432, protocol), f.no_terms), {"entry": "gateway"}))

test_fires_for_a_tcp_port if {
	some finding in guardrail.deny with input as from_gateway("tcp")
	finding.msg == "clients of `edge/public` reach `shop/db` port 5432, which is no HTTP port"
}

test_silent_for_http if {
	count(guardrail.deny) == 0 with input as from_gateway("http")
}

test_silent_for_a_workload if {
	count(guardrail.deny) == 0 with input as f.with_edge(f.edge(f.caller("shop", "web"), f.to("db", 5432, "tcp"), f.no_terms))
}
