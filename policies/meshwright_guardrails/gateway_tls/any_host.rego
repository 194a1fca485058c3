# METADATA
# title: a TLS listener names its hosts
# description: write `host "shop.example.com"` behind the port
# related_resources:
# - ref: https://istio.io/latest/docs/ops/common-problems/network-issues/#404-errors-occur-when-multiple-gateways-configured-with-same-tls-certificate
package meshwright.gateway_tls.any_host

warn contains finding if {
	some gateway in input.intent.gateways
	some listener in gateway.listeners
	listener.protocol == "https"
	count(listener.hosts) == 0
	finding := {
		"msg": sprintf("port %d of `%s` answers with one certificate for every host", [listener.port, gateway.key]),
		"node": listener.id,
	}
}
