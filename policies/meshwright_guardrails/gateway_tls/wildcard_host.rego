# METADATA
# title: a listener names its hosts one by one
# description: write the names that are served
# related_resources:
# - ref: https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/02-Configuration_and_Deployment_Management_Testing/10-Test_for_Subdomain_Takeover
package meshwright.gateway_tls.wildcard_host

warn contains finding if {
	some gateway in input.intent.gateways
	some listener in gateway.listeners
	some host in listener.hosts
	startswith(host, "*")
	finding := {
		"msg": sprintf("`%s` answers for every name below `%s`", [gateway.key, host]),
		"node": listener.id,
	}
}
