# What the tests of this pack build their input from: total nodes, each with a default that no guardrail minds.
package meshwright.zero_trust.fixtures_test

source := {"file": "mesh/shop.mesh", "line": 1, "column": 1, "end_line": 1}

every_path := {"text": "/**", "segments": [], "subtree": true, "any": true, "exact": false}

one_path := {"text": "/v1", "segments": ["v1"], "subtree": false, "any": false, "exact": true}

no_terms := {"narrowed": false, "methods": [], "any_method": true, "path": every_path}

door(methods, path) := {"narrowed": true, "methods": methods, "any_method": count(methods) == 0, "path": path}

anybody := {"key": "any-workload", "kind": "any-workload", "name": "", "identity": "", "namespace": "", "account": "", "gateway": "", "listener": 0, "cidrs": [], "services": []}

caller(namespace, name) := object.union(anybody, {
	"key": sprintf("%s/%s", [namespace, name]), "kind": "identity", "identity": sprintf("%s/%s", [namespace, name]), "namespace": namespace, "account": name,
	"services": [sprintf("%s/%s", [namespace, name])],
})

client := object.union(anybody, {"key": "clients of edge/public", "kind": "gateway", "gateway": "edge/public", "namespace": "edge"})

port(number, protocol) := {"id": sprintf("port %d", [number]), "number": number, "target": number, "name": protocol, "protocol": protocol, "http": protocol == "http", "source": source}

service(name, ports) := {
	"id": sprintf("service shop/%s", [name]), "namespace": "shop", "name": name, "key": sprintf("shop/%s", [name]), "enforce": true, "owner": "",
	"headless": false, "type": "ClusterIP", "external_ips": [], "labels": {}, "ports": ports, "identities": [sprintf("shop/%s", [name])],
	"pod_sets": [], "source": source,
}

to(name, number, protocol) := {
	"kind": "service", "key": sprintf("shop/%s", [name]), "namespace": "shop", "name": name, "enforce": true, "services": [sprintf("shop/%s", [name])],
	"port": number, "every_port": false, "port_name": protocol, "protocol": protocol, "http": protocol == "http",
}

edge(from, target, http) := {
	"id": "edge 1", "effect": "allow", "rule": "rule 1", "from": from, "to": target, "http": http, "entry": "mesh", "enforced_by": "ztunnel",
	"because": "", "until": "", "source": source,
}

rule(id) := {"id": id, "text": id, "because": "", "until": "", "source": source}

positions(edges) := {key: [i | some i, other in edges; other.to.key == key] | some item in edges; key := item.to.key}

open_positions(edges) := {key: [i | some i, other in edges; other.to.key == key; other.http.path.any] | some item in edges; item.http.path.any; key := item.to.key}

by_kind(edges) := {item.from.kind: [i | some i, other in edges; other.from.kind == item.from.kind] | some item in edges}

by_entry(edges) := {item.entry: [i | some i, other in edges; other.entry == item.entry] | some item in edges}

by_because(edges) := {item.because: [i | some i, other in edges; other.because == item.because] | some item in edges}

by_rule(edges) := {item.rule: [i | some i, other in edges; other.rule == item.rule] | some item in edges}

model(services, allows, denies) := {
	"apiVersion": "meshwright/v1", "kind": "MeshModel", "environment": "test",
	"intent": {
		"mesh": {"id": "mesh", "istio": "1.30", "trust_domain": "cluster.local", "root_namespace": "istio-system", "source": source},
		"namespaces": [], "services": services, "pod_sets": [], "gateways": [], "routes": [],
		"rules": [rule(id) | some id in {item.rule | some item in allows}], "invariants": [],
		"index": {
			"namespace_by_name": {}, "service_by_id": {item.key: item | some item in services}, "gateway_by_id": {},
			"services_by_namespace": {}, "services_by_identity": {},
		},
	},
	"access": {
		"allows": allows, "denies": denies,
		"index": {
			"allows_by_destination": positions(allows), "denies_by_destination": positions(denies), "allows_by_gateway": {},
			"allows_by_kind": by_kind(allows), "allows_by_rule": by_rule(allows),
			"allows_by_shared_rule": {name: places | some name, places in by_rule(allows); count(places) > 1},
			"allows_by_entry": by_entry(allows), "allows_by_because": by_because(allows),
			"open_allows_by_destination": open_positions(allows),
		},
	},
}

with_edge(item) := model([service("web", [port(80, "http")])], [item], [])

with_gateway(listener) := object.union(model([], [], []), {"intent": {
	"gateways": [{
		"id": "gateway edge/public", "namespace": "edge", "name": "public", "key": "edge/public", "identity": "edge/public-istio",
		"listeners": [listener], "source": source,
	}],
	"routes": [{"id": "route 1", "gateway": "edge/public", "hosts": [], "path": every_path, "service": "shop/web", "port": 80, "source": source}],
}})

with_namespace(changes) := object.union(model([], [], []), {"intent": {"namespaces": [object.union(
	{"id": "namespace old", "name": "old", "enforce": false, "owner": "", "because": "moving", "until": "2027-01-01", "waypoint": {"kind": "namespace", "name": ""}, "source": source},
	changes,
)]}})
