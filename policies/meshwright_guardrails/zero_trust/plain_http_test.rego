package meshwright.zero_trust.plain_http_test

import data.meshwright.zero_trust.fixtures_test as f
import data.meshwright.zero_trust.plain_http as guardrail

listener(protocol, redirect) := {"id": "listener 1", "name": "http-80", "protocol": protocol, "port": 80, "hosts": [], "certificate": "", "redirect": redirect, "source": f.source}

test_fires_for_http if {
	some finding in guardrail.warn with input as f.with_gateway(listener("http", false))
	finding.msg == "`edge/public` serves its routes on port 80 without TLS"
}

test_silent_for_redirect if {
	count(guardrail.warn) == 0 with input as f.with_gateway(listener("http", true))
}

test_silent_for_https if {
	count(guardrail.warn) == 0 with input as f.with_gateway(listener("https", false))
}
