# What the tests of this pack build their input from.
package meshwright.ambient.fixtures_test

workload(changes) := {
	"intent": {"index": {"namespace_by_name": {"shop": {"enforce": true}}}},
	"inventory": {"workloads": [object.union(
		{
			"id": "Deployment shop/web", "namespace": "shop", "name": "web", "account": "web", "capture": "ambient", "capture_reason": "",
			"excluded_inbound": [],
		},
		changes,
	)]},
}
