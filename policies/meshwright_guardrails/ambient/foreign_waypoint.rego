# METADATA
# title: a waypoint is run by the owner of the services behind it
# description: use a waypoint of the own namespace, or one of the same owner
# related_resources:
# - ref: https://istio.io/latest/docs/ambient/usage/waypoint/
package meshwright.ambient.foreign_waypoint

warn contains finding if {
	some space in input.intent.namespaces
	space.waypoint.kind == "shared"
	host := split(space.waypoint.name, "/")[0]
	host != space.name
	other := object.get(input.intent.index.namespace_by_name, host, {"owner": ""})
	other.owner != space.owner
	finding := {
		"msg": sprintf("requests to `%s` are decrypted by the waypoint `%s` of another owner", [space.name, space.waypoint.name]),
		"node": space.id,
	}
}
