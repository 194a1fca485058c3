# METADATA
# title: no gateway leads to a database or another raw TCP port
# description: route the gateway to an HTTP service that talks to it, or remove the grant
package meshwright.zero_trust.database_from_gateway

deny contains finding if {
	some position in input.access.index.allows_by_entry.gateway
	edge := input.access.allows[position]
	not edge.to.http
	finding := {
		"msg": sprintf("clients of `%s` reach `%s` port %d, which is no HTTP port", [edge.from.gateway, edge.to.key, edge.to.port]),
		"node": edge.id,
	}
}
