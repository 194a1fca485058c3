# METADATA
# title: a grant to a service with several ports says which one
# description: write the ports in braces, so that a port added tomorrow is not granted with the others
package meshwright.zero_trust.every_port

warn contains finding if {
	some rule, positions in input.access.index.allows_by_shared_rule
	open := {[edge.from.key, edge.to.key, edge.to.port] |
		some position in positions
		edge := input.access.allows[position]
		edge.to.kind == "service"
		not edge.http.narrowed
	}
	some [caller, key, port] in open
	service := input.intent.index.service_by_id[key]
	count(service.ports) > 1

	# only the edge of the first port looks at the others: one finding for each source and service
	port == min({other.number | some other in service.ports})
	every other in service.ports {
		[caller, key, other.number] in open
	}
	finding := {
		"msg": sprintf("the grant covers all %d ports of `%s`", [count(service.ports), key]),
		"node": rule,
	}
}
