# METADATA
# title: a grant to a service with several ports says which one
# description: write the ports in braces, so that a port added tomorrow is not granted with the others
package meshwright.zero_trust.every_port

warn contains finding if {
	some edge in input.access.allows
	not edge.http.narrowed
	edge.to.kind == "service"
	service := input.intent.index.service_by_id[edge.to.key]
	count(service.ports) > 1

	# only the edge of the first port looks at the others: one finding for each source and service
	edge.to.port == min({port.number | some port in service.ports})
	granted := {other.to.port |
		some position in input.access.index.allows_by_rule[edge.rule]
		other := input.access.allows[position]
		other.to.key == edge.to.key
		other.from.kind == edge.from.kind
		other.from.name == edge.from.name
		other.from.identity == edge.from.identity
		other.from.namespace == edge.from.namespace
		other.from.gateway == edge.from.gateway
		other.from.listener == edge.from.listener
		other.from.cidrs == edge.from.cidrs
		other.to.kind == "service"
		not other.http.narrowed
	}
	count(granted) == count(service.ports)
	finding := {
		"msg": sprintf("the grant covers all %d ports of `%s`", [count(granted), service.key]),
		"node": edge.rule,
	}
}
