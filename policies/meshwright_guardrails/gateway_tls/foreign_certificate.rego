# METADATA
# title: a gateway uses certificates of its own namespace
# description: put the Secret into the namespace of the gateway
# related_resources:
# - ref: https://gateway-api.sigs.k8s.io/api-types/referencegrant/
package meshwright.gateway_tls.foreign_certificate

deny contains finding if {
	some gateway in input.intent.gateways
	some listener in gateway.listeners
	listener.certificate != ""
	space := split(listener.certificate, "/")[0]
	space != gateway.namespace
	finding := {
		"msg": sprintf("`%s` takes its certificate from namespace `%s`", [gateway.key, space]),
		"node": listener.id,
	}
}
