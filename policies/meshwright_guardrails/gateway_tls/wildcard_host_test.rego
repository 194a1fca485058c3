package meshwright.gateway_tls.wildcard_host_test

import data.meshwright.gateway_tls.fixtures_test as f
import data.meshwright.gateway_tls.wildcard_host as guardrail

gateway(host) := f.gateway({"hosts": [host]})

test_fires if {
	count(guardrail.warn) > 0 with input as gateway("*.example.com")
}

test_silent if {
	count(guardrail.warn) == 0 with input as gateway("shop.example.com")
}
