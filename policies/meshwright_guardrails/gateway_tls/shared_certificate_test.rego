package meshwright.gateway_tls.shared_certificate_test

import data.meshwright.gateway_tls.fixtures_test as f
import data.meshwright.gateway_tls.shared_certificate as guardrail

gateways(certificate) := object.union(f.gateway({}), {"intent": {"gateways": array.concat(
	f.gateway({}).intent.gateways,
	[{"key": "edge/partners", "namespace": "edge", "listeners": [object.union(f.listener, {"id": "listener 2", "certificate": certificate})]}],
)}})

test_fires if {
	count(guardrail.warn) > 0 with input as gateways("edge/shop-cert")
}

test_silent if {
	count(guardrail.warn) == 0 with input as gateways("edge/partners-cert")
}
