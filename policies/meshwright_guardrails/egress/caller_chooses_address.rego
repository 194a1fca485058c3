# METADATA
# title: the mesh, and not the caller, chooses the address behind a name
# description: "write `resolution: DNS`, or list the endpoints"
# related_resources:
# - ref: https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry-Resolution
package meshwright.egress.caller_chooses_address

deny contains finding if {
	some entry in input.inventory.foreign
	entry.kind == "ServiceEntry"
	object.get(entry.contents.spec, "resolution", "NONE") == "NONE"
	object.get(entry.contents.spec, "location", "MESH_EXTERNAL") == "MESH_EXTERNAL"
	count(object.get(entry.contents.spec, "addresses", [])) == 0
	finding := {
		"msg": sprintf("the ServiceEntry `%s/%s` sends requests to the address that the caller dialled", [entry.namespace, entry.name]),
		"node": entry.id,
	}
}
