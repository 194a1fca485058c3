package meshwright.zero_trust.gateway_write_everywhere_test

import data.meshwright.zero_trust.fixtures_test as f
import data.meshwright.zero_trust.gateway_write_everywhere as guardrail

edge(methods, path) := object.union(f.edge(f.client, f.to("web", 80, "http"), f.door(methods, path)), {"entry": "gateway"})

test_fires_for_delete_everywhere if {
	some finding in guardrail.warn with input as f.with_edge(edge(["DELETE", "GET"], f.every_path))
	finding.msg == "clients of `edge/public` may send DELETE to every path of `shop/web`"
}

test_silent_for_one_path if {
	count(guardrail.warn) == 0 with input as f.with_edge(edge(["DELETE"], f.one_path))
}

test_silent_for_reading if {
	count(guardrail.warn) == 0 with input as f.with_edge(edge(["GET"], f.every_path))
}
