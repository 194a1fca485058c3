package meshwright.gateway_tls.any_host_test

import data.meshwright.gateway_tls.any_host as guardrail
import data.meshwright.gateway_tls.fixtures_test as f

gateway(hosts) := f.gateway({"protocol": "https", "hosts": hosts})

test_fires if {
	count(guardrail.warn) > 0 with input as gateway([])
}

test_silent if {
	count(guardrail.warn) == 0 with input as gateway(["shop.example.com"])
}
