# METADATA
# title: what leaves the mesh is encrypted
# description: "use port 443, or a DestinationRule with `tls.mode: SIMPLE` for the host"
# related_resources:
# - ref: https://istio.io/latest/docs/tasks/traffic-management/egress/egress-tls-origination/
package meshwright.egress.plain_http_out

warn contains finding if {
	some entry in input.inventory.foreign
	entry.kind == "ServiceEntry"
	object.get(entry.contents.spec, "location", "MESH_EXTERNAL") == "MESH_EXTERNAL"
	some port in entry.contents.spec.ports
	upper(port.protocol) in {"HTTP", "HTTP2", "GRPC"}
	some host in entry.contents.spec.hosts
	not host in encrypted
	finding := {
		"msg": sprintf("requests to `%s` leave the mesh on port %d without TLS", [host, port.number]),
		"node": entry.id,
	}
}

encrypted contains rule.contents.spec.host if {
	some rule in input.inventory.foreign
	rule.kind == "DestinationRule"
	rule.contents.spec.trafficPolicy.tls.mode in {"SIMPLE", "MUTUAL"}
}
