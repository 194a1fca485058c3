package meshwright.gateway_tls.foreign_certificate_test

import data.meshwright.gateway_tls.fixtures_test as f
import data.meshwright.gateway_tls.foreign_certificate as guardrail

gateway(certificate) := f.gateway({"certificate": certificate})

test_fires if {
	count(guardrail.deny) > 0 with input as gateway("shop/shop-cert")
}

test_silent if {
	count(guardrail.deny) == 0 with input as gateway("edge/shop-cert")
}
