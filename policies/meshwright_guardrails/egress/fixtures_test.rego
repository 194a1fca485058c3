# What the tests of this pack build their input from.
package meshwright.egress.fixtures_test

entry(changes) := {
	"intent": {"mesh": {"root_namespace": "istio-system"}},
	"inventory": {"foreign": [{
		"id": "foreign ServiceEntry shop/partner", "kind": "ServiceEntry", "namespace": "shop", "name": "partner",
		"contents": {"spec": object.union(
			{
				"hosts": ["api.example.com"], "location": "MESH_EXTERNAL", "resolution": "DNS", "exportTo": ["."],
				"ports": [{"number": 443, "protocol": "TLS"}],
			},
			changes,
		)},
	}]},
}

service(changes) := {
	"intent": {"index": {"namespace_by_name": {"shop": {"enforce": true}}}},
	"inventory": {"services": [object.union(
		{"id": "Service shop/partner", "namespace": "shop", "name": "partner", "type": "ClusterIP", "external_ips": []},
		changes,
	)]},
}
