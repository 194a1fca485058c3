# METADATA
# title: one certificate serves one gateway
# description: give each gateway a certificate of its own
# related_resources:
# - ref: https://istio.io/latest/docs/ops/common-problems/network-issues/#404-errors-occur-when-multiple-gateways-configured-with-same-tls-certificate
package meshwright.gateway_tls.shared_certificate

warn contains finding if {
	some gateway in input.intent.gateways
	some listener in gateway.listeners
	listener.certificate != ""
	others := users[listener.certificate]
	count(others) > 1
	finding := {
		"msg": sprintf("`%s` is the certificate of %s", [listener.certificate, concat(" and ", sort(others))]),
		"node": listener.id,
	}
}

users[certificate] contains gateway.key if {
	some gateway in input.intent.gateways
	some listener in gateway.listeners
	certificate := listener.certificate
}
