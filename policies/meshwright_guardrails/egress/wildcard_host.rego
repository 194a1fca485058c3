# METADATA
# title: no ServiceEntry opens every host
# description: name the hosts, or a domain that one owner controls
# related_resources:
# - ref: https://istio.io/latest/docs/tasks/traffic-management/egress/wildcard-egress-hosts/
package meshwright.egress.wildcard_host

deny contains finding if {
	some entry in input.inventory.foreign
	entry.kind == "ServiceEntry"
	some host in entry.contents.spec.hosts
	regex.match(`^\*(\.[a-z]+)?$`, host)
	finding := {
		"msg": sprintf("the ServiceEntry `%s/%s` opens `%s`", [entry.namespace, entry.name, host]),
		"node": entry.id,
	}
}
