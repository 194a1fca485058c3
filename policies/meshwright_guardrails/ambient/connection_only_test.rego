package meshwright.ambient.connection_only_test

import data.meshwright.ambient.connection_only as guardrail

edge(narrowed) := {"access": {"index": {"allows_by_entry": {"mesh": [0]}}, "allows": [{
	"rule": "rule 1", "from": {"kind": "identity", "identity": "shop/cart"},
	"to": {"kind": "service", "http": true, "key": "shop/web"}, "http": {"narrowed": narrowed},
}]}}

test_fires if {
	count(guardrail.warn) > 0 with input as edge(false)
}

test_silent if {
	count(guardrail.warn) == 0 with input as edge(true)
}
