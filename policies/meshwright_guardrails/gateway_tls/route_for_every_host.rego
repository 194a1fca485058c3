# METADATA
# title: a route says for which host it is
# description: write `host "shop.example.com"` behind the gateway
package meshwright.gateway_tls.route_for_every_host

warn contains finding if {
	some route in input.intent.routes
	count(route.hosts) == 0
	gateway := input.intent.index.gateway_by_id[route.gateway]
	hosts := {host |
		some listener in gateway.listeners
		some host in listener.hosts
	}
	count(hosts) > 1
	finding := {
		"msg": sprintf("a route to `%s` answers on all %d hosts of `%s`", [route.service, count(hosts), gateway.key]),
		"node": route.id,
	}
}
