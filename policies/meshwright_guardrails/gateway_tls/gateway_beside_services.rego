# METADATA
# title: a gateway stands in a namespace of its own
# description: move the gateway to a namespace where no application runs
# related_resources:
# - ref: https://istio.io/latest/docs/setup/additional-setup/gateway/#deploying-a-gateway
package meshwright.gateway_tls.gateway_beside_services

warn contains finding if {
	some gateway in input.intent.gateways
	some key in input.intent.index.services_by_namespace[gateway.namespace]
	finding := {
		"msg": sprintf("`%s` runs beside the service `%s`", [gateway.key, key]),
		"node": gateway.id,
	}
}
