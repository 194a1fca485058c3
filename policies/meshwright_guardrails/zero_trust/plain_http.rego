# METADATA
# title: a gateway serves routes only over TLS
# description: write `redirect https` in the listener, and serve the routes from an https one
package meshwright.zero_trust.plain_http

warn contains finding if {
	some gateway in input.intent.gateways
	some listener in gateway.listeners
	listener.protocol == "http"
	not listener.redirect
	some route in input.intent.routes
	route.gateway == gateway.key
	finding := {
		"msg": sprintf("`%s` serves its routes on port %d without TLS", [gateway.key, listener.port]),
		"node": listener.id,
	}
}
