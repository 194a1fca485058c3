package meshwright.gateway_tls.gateway_beside_services_test

import data.meshwright.gateway_tls.fixtures_test as f
import data.meshwright.gateway_tls.gateway_beside_services as guardrail

beside(keys) := object.union(f.gateway({}), {"intent": {"index": {"services_by_namespace": {"edge": keys}}}})

test_fires if {
	count(guardrail.warn) > 0 with input as beside(["edge/web"])
}

test_silent if {
	count(guardrail.warn) == 0 with input as beside([])
}
