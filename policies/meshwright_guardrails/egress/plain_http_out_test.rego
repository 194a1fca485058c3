package meshwright.egress.plain_http_out_test

import data.meshwright.egress.fixtures_test as f
import data.meshwright.egress.plain_http_out as guardrail

entry(mode) := object.union(f.entry({}), {"inventory": {"foreign": array.concat(
	f.entry({"ports": [{"number": 80, "protocol": "HTTP"}]}).inventory.foreign,
	[{"id": "rule 1", "kind": "DestinationRule", "contents": {"spec": {"host": "api.example.com", "trafficPolicy": {"tls": {"mode": mode}}}}}],
)}})

test_fires if {
	count(guardrail.warn) > 0 with input as entry("DISABLE")
}

test_silent if {
	count(guardrail.warn) == 0 with input as entry("SIMPLE")
}
