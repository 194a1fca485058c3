# METADATA
# title: no Service claims addresses outside the cluster
# description: remove `externalIPs`; use a gateway to be reached from outside
# related_resources:
# - ref: https://github.com/kubernetes/kubernetes/issues/97076
package meshwright.egress.external_ips

deny contains finding if {
	some service in input.inventory.services
	count(service.external_ips) > 0
	input.intent.index.namespace_by_name[service.namespace]
	finding := {
		"msg": sprintf("`%s/%s` takes what pods send to %s", [service.namespace, service.name, concat(", ", service.external_ips)]),
		"node": service.id,
	}
}
