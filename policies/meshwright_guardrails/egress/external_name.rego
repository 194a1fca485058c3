# METADATA
# title: no Service of a governed namespace is a name elsewhere
# description: call the host itself, or replace the Service by a ServiceEntry with `exportTo`
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/#externalname
package meshwright.egress.external_name

warn contains finding if {
	some service in input.inventory.services
	service.type == "ExternalName"
	input.intent.index.namespace_by_name[service.namespace].enforce
	finding := {
		"msg": sprintf("`%s/%s` stands for a host outside the mesh, which no rule governs", [service.namespace, service.name]),
		"node": service.id,
	}
}
