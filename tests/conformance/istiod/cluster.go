package main

import (
	"fmt"
	"slices"
	"strings"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

const (
	waypointClass = "istio-waypoint"
	gatewayClass  = "istio"
	nodeName      = "node-0"
	gatewayLabel  = "gateway.networking.k8s.io/gateway-name"
)

// Node is a proxy that istiod serves: the second word of Kind is what it calls itself on the wire.
type Node struct {
	Kind    string // waypoint, router or sidecar
	Name    string // the Gateway's name or the workload's
	Pod     *core.Pod
	Account string
}

// Cluster is what a running cluster adds to written objects: pods, addresses, endpoints, gateways that are there.
type Cluster struct {
	Objects    []runtime.Object
	Nodes      []Node
	namespaces map[string]*core.Namespace
	services   []*core.Service
	pods       []*core.Pod
	addresses  int
	virtual    int
}

// newCluster numbers everything in the order in which it was written, so that the same input gives the same addresses.
func newCluster(accepted []Accepted, notReady []string) *Cluster {
	c := &Cluster{namespaces: map[string]*core.Namespace{}}
	for _, one := range accepted {
		if namespace, ok := one.Object.(*core.Namespace); ok {
			c.namespaces[namespace.Name] = namespace
		}
	}
	classes := map[string]bool{}
	for _, one := range accepted {
		c.needNamespace(one.Plain.GetNamespace())
		if class, ok := one.Object.(*gateway.GatewayClass); ok {
			classes[class.Name] = true
		}
	}
	c.needNamespace("istio-system")
	for _, name := range sortedKeys(c.namespaces) {
		c.namespaces[name].Labels = copied(c.namespaces[name].Labels)
		c.namespaces[name].Labels["kubernetes.io/metadata.name"] = name // the API server adds it
		c.Objects = append(c.Objects, c.namespaces[name])
	}
	c.Objects = append(c.Objects, &core.Node{TypeMeta: typeMeta("v1", "Node"), ObjectMeta: meta.ObjectMeta{Name: nodeName}})
	for name, controller := range map[string]string{waypointClass: "istio.io/mesh-controller", gatewayClass: "istio.io/gateway-controller"} {
		if !classes[name] {
			c.Objects = append(c.Objects, &gateway.GatewayClass{TypeMeta: typeMeta("gateway.networking.k8s.io/v1", "GatewayClass"),
				ObjectMeta: meta.ObjectMeta{Name: name}, Spec: gateway.GatewayClassSpec{ControllerName: gateway.GatewayController(controller)}})
		}
	}
	for _, one := range accepted {
		switch object := one.Object.(type) {
		case *core.Namespace:
		case *core.Service:
			c.addService(object)
		case *core.Pod:
			c.addPod(object, object.Name)
		case *gateway.Gateway:
			c.addGateway(object, slices.Contains(notReady, object.Namespace+"/"+object.Name))
		default:
			if template, name := podTemplate(one.Object); template != nil {
				c.addPod(&core.Pod{TypeMeta: typeMeta("v1", "Pod"), ObjectMeta: meta.ObjectMeta{Name: name + "-0", Namespace: one.Plain.GetNamespace(),
					Labels: template.Labels, Annotations: template.Annotations}, Spec: template.Spec}, name)
			}
			c.Objects = append(c.Objects, one.Object)
		}
	}
	c.addEndpoints()
	return c
}

func (c *Cluster) needNamespace(name string) {
	if name != "" && c.namespaces[name] == nil {
		c.namespaces[name] = &core.Namespace{TypeMeta: typeMeta("v1", "Namespace"), ObjectMeta: meta.ObjectMeta{Name: name}}
	}
}

func (c *Cluster) addService(service *core.Service) {
	if service.Spec.ClusterIP == "" && service.Spec.Type != core.ServiceTypeExternalName {
		c.virtual++
		service.Spec.ClusterIP = fmt.Sprintf("10.96.%d.%d", c.virtual/250, c.virtual%250+1)
		service.Spec.ClusterIPs = []string{service.Spec.ClusterIP}
	}
	for i := range service.Spec.Ports {
		if service.Spec.Ports[i].Protocol == "" {
			service.Spec.Ports[i].Protocol = core.ProtocolTCP
		}
		if service.Spec.Ports[i].TargetPort == (intstr.IntOrString{}) {
			service.Spec.Ports[i].TargetPort = intstr.FromInt32(service.Spec.Ports[i].Port)
		}
	}
	c.services = append(c.services, service)
	c.Objects = append(c.Objects, service)
}

// addPod starts a pod: an address, a node, and the marks of its mode (captured by ztunnel, or with a sidecar).
func (c *Cluster) addPod(pod *core.Pod, workload string) {
	if pod.Namespace == "" {
		pod.Namespace = "default"
		c.needNamespace("default")
	}
	c.addresses++
	address := fmt.Sprintf("10.244.%d.%d", c.addresses/250, c.addresses%250+1)
	pod.Labels, pod.Annotations = copied(pod.Labels), copied(pod.Annotations)
	pod.Spec.NodeName = nodeName
	if pod.Spec.ServiceAccountName == "" {
		pod.Spec.ServiceAccountName = "default"
	}
	pod.Status = core.PodStatus{Phase: core.PodRunning, PodIP: address, PodIPs: []core.PodIP{{IP: address}},
		Conditions: []core.PodCondition{{Type: core.PodReady, Status: core.ConditionTrue}}}
	switch c.mode(pod) {
	case "ambient":
		pod.Annotations["ambient.istio.io/redirection"] = "enabled"
	case "sidecar":
		pod.Labels["security.istio.io/tlsMode"] = "istio"
		pod.Annotations["sidecar.istio.io/status"] = `{"initContainers":["istio-init"],"containers":["istio-proxy"]}`
		pod.Spec.Containers = append(pod.Spec.Containers, core.Container{Name: "istio-proxy", Image: "proxyv2"})
		c.Nodes = append(c.Nodes, Node{"sidecar", workload, pod, pod.Spec.ServiceAccountName})
	}
	c.pods = append(c.pods, pod)
	c.Objects = append(c.Objects, pod)
}

// mode follows the default selectors of Istio's CNI and injector: the pod's own label, else its namespace's.
func (c *Cluster) mode(pod *core.Pod) string {
	namespace := copied(nil)
	if known := c.namespaces[pod.Namespace]; known != nil {
		namespace = copied(known.Labels)
	}
	const capture, inject = "istio.io/dataplane-mode", "sidecar.istio.io/inject"
	injected := namespace["istio-injection"] == "enabled" || (namespace["istio-injection"] == "" && namespace["istio.io/rev"] != "")
	if pod.Labels[inject] != "" {
		injected = pod.Labels[inject] == "true" && namespace["istio-injection"] != "disabled"
	}
	switch {
	case pod.Spec.HostNetwork:
		return ""
	case injected && pod.Labels[gatewayLabel] == "":
		return "sidecar"
	case pod.Labels[capture] == "ambient", namespace[capture] == "ambient" && pod.Labels[capture] != "none":
		return "ambient"
	}
	return ""
}

// addGateway makes what Istio's deployment controller makes: a Service and a pod; and the address that a ready one has.
func (c *Cluster) addGateway(g *gateway.Gateway, absent bool) {
	c.Objects = append(c.Objects, g)
	class := string(g.Spec.GatewayClassName)
	name, kind, controller, service := g.Name, "waypoint", "istio.io-mesh-controller", core.ServiceTypeClusterIP
	switch class {
	case waypointClass:
	case gatewayClass:
		name, kind, controller, service = g.Name+"-istio", "router", "istio.io-gateway-controller", core.ServiceTypeLoadBalancer
	default:
		return
	}
	if absent {
		return
	}
	account := name
	if own := g.Annotations["gateway.istio.io/service-account"]; own != "" {
		account = own
	}
	marks := map[string]string{gatewayLabel: g.Name, "gateway.istio.io/managed": controller, "istio.io/dataplane-mode": "none",
		"service.istio.io/canonical-name": name}
	ports := []core.ServicePort{{Name: "status-port", Port: 15021, TargetPort: intstr.FromInt32(15021)}}
	for _, listener := range g.Spec.Listeners {
		if !slices.ContainsFunc(ports, func(p core.ServicePort) bool { return p.Port == int32(listener.Port) }) {
			ports = append(ports, core.ServicePort{Name: fmt.Sprintf("p%d", listener.Port), Port: int32(listener.Port), TargetPort: intstr.FromInt32(int32(listener.Port))})
		}
	}
	serviceLabels := copied(marks)
	delete(serviceLabels, "istio.io/dataplane-mode")
	c.addService(&core.Service{TypeMeta: typeMeta("v1", "Service"), ObjectMeta: meta.ObjectMeta{Name: name, Namespace: g.Namespace, Labels: serviceLabels},
		Spec: core.ServiceSpec{Type: service, Selector: map[string]string{gatewayLabel: g.Name}, Ports: ports}})
	pod := &core.Pod{TypeMeta: typeMeta("v1", "Pod"), ObjectMeta: meta.ObjectMeta{Name: name + "-0", Namespace: g.Namespace, Labels: marks},
		Spec: core.PodSpec{ServiceAccountName: account, Containers: []core.Container{{Name: "istio-proxy", Image: "proxyv2"}}}}
	c.addPod(pod, name)
	c.Nodes = append(c.Nodes, Node{kind, g.Name, pod, account})
	value, address := name+"."+g.Namespace+".svc.cluster.local", gateway.HostnameAddressType
	if kind == "router" {
		value, address = fmt.Sprintf("198.51.100.%d", c.addresses%250+1), gateway.IPAddressType
		made := c.services[len(c.services)-1]
		made.Status.LoadBalancer.Ingress = []core.LoadBalancerIngress{{IP: value}}
	}
	if len(g.Status.Addresses) == 0 {
		g.Status.Addresses = []gateway.GatewayStatusAddress{{Type: &address, Value: value}}
	}
}

// addEndpoints joins Services and pods, as the endpoint slice controller does.
func (c *Cluster) addEndpoints() {
	for _, service := range c.services {
		if len(service.Spec.Selector) == 0 || service.Spec.Type == core.ServiceTypeExternalName {
			continue
		}
		selector := labels.SelectorFromSet(service.Spec.Selector)
		// Named target ports may differ from pod to pod: one slice for each pod.
		for _, pod := range c.pods {
			if pod.Namespace != service.Namespace || !selector.Matches(labels.Set(pod.Labels)) {
				continue
			}
			slice := &discovery.EndpointSlice{TypeMeta: typeMeta("discovery.k8s.io/v1", "EndpointSlice"),
				ObjectMeta: meta.ObjectMeta{Name: service.Name + "-" + pod.Name, Namespace: service.Namespace,
					Labels: map[string]string{discovery.LabelServiceName: service.Name}},
				AddressType: discovery.AddressTypeIPv4}
			ready, node := true, nodeName
			slice.Endpoints = []discovery.Endpoint{{Addresses: []string{pod.Status.PodIP}, NodeName: &node,
				Conditions: discovery.EndpointConditions{Ready: &ready},
				TargetRef:  &core.ObjectReference{Kind: "Pod", Name: pod.Name, Namespace: pod.Namespace}}}
			for i := range service.Spec.Ports {
				written := &service.Spec.Ports[i]
				if number := targetPort(written, pod); number != 0 {
					slice.Ports = append(slice.Ports, discovery.EndpointPort{Name: &written.Name, Port: &number, Protocol: &written.Protocol})
				}
			}
			c.Objects = append(c.Objects, slice)
		}
	}
}

// targetPort is the number that the pod listens on, 0 where it has no port of that name.
func targetPort(port *core.ServicePort, pod *core.Pod) int32 {
	if port.TargetPort.Type == intstr.Int {
		if port.TargetPort.IntVal == 0 {
			return port.Port
		}
		return port.TargetPort.IntVal
	}
	for _, container := range pod.Spec.Containers {
		for _, named := range container.Ports {
			if named.Name == port.TargetPort.StrVal && (named.Protocol == "" || named.Protocol == port.Protocol) {
				return named.ContainerPort
			}
		}
	}
	return 0
}

func podTemplate(object runtime.Object) (*core.PodTemplateSpec, string) {
	switch one := object.(type) {
	case *apps.Deployment:
		return &one.Spec.Template, one.Name
	case *apps.StatefulSet:
		return &one.Spec.Template, one.Name
	case *apps.DaemonSet:
		return &one.Spec.Template, one.Name
	case *apps.ReplicaSet:
		return &one.Spec.Template, one.Name
	case *core.ReplicationController:
		return one.Spec.Template, one.Name
	case *batch.Job:
		return &one.Spec.Template, one.Name
	case *batch.CronJob:
		return &one.Spec.JobTemplate.Spec.Template, one.Name
	}
	return nil, ""
}

func typeMeta(version, kind string) meta.TypeMeta {
	return meta.TypeMeta{APIVersion: version, Kind: schema.FromAPIVersionAndKind(version, kind).Kind}
}

func copied(from map[string]string) map[string]string {
	to := map[string]string{}
	for key, value := range from {
		to[key] = value
	}
	return to
}

func sortedKeys[V any](from map[string]V) []string {
	keys := []string{}
	for key := range from {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}
