package meshwright.gateway_tls.route_for_every_host_test

import data.meshwright.gateway_tls.fixtures_test as f
import data.meshwright.gateway_tls.route_for_every_host as guardrail

model(hosts) := object.union(f.gateway({"hosts": ["shop.example.com", "admin.example.com"]}), {"intent": {"routes": [{"id": "route 1", "gateway": "edge/public", "hosts": hosts, "service": "shop/web"}]}})

test_fires if {
	count(guardrail.warn) > 0 with input as model([])
}

test_silent if {
	count(guardrail.warn) == 0 with input as model(["shop.example.com"])
}
