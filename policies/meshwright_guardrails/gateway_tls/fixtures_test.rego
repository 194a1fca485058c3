# What the tests of this pack build their input from.
package meshwright.gateway_tls.fixtures_test

listener := {
	"id": "listener edge/public/https-443", "name": "https-443", "protocol": "https", "port": 443, "hosts": ["shop.example.com"],
	"certificate": "edge/shop-cert", "redirect": false,
}

gateways(listeners) := {"intent": {"gateways": [public(listeners)], "index": {"gateway_by_id": {"edge/public": public(listeners)}}}}

public(listeners) := {"id": "gateway edge/public", "namespace": "edge", "name": "public", "key": "edge/public", "listeners": listeners}

gateway(changes) := gateways([object.union(listener, changes)])
