package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	envoy "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	hcm "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	metadatafake "k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/gateway-api/pkg/consts"
	"sigs.k8s.io/yaml"

	meshconfig "istio.io/api/mesh/v1alpha1"
	xds "istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/kube"
	"istio.io/istio/pkg/test"
)

const (
	prefix             = "type.googleapis.com/"
	clusterType        = prefix + "envoy.config.cluster.v3.Cluster"
	listenerType       = prefix + "envoy.config.listener.v3.Listener"
	routeType          = prefix + "envoy.config.route.v3.RouteConfiguration"
	endpointType       = prefix + "envoy.config.endpoint.v3.ClusterLoadAssignment"
	addressType        = prefix + "istio.workload.Address"
	authorizationType  = prefix + "istio.security.Authorization"
	patience           = 60 * time.Second
	kubernetesVersion  = "36"
	istioVersion       = "1.31.0"
	kubernetesCluster  = "Kubernetes"
	ztunnelAddress     = "10.244.255.1"
	bundleVersionOfCRD = consts.BundleVersionAnnotation
)

// Proxy is what one Envoy was sent.
type Proxy struct {
	Kind      string            `json:"kind"`
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Account   string            `json:"account"`
	Address   string            `json:"address"`
	Listeners []json.RawMessage `json:"listeners"`
	Routes    []json.RawMessage `json:"routes"`
	Clusters  []json.RawMessage `json:"clusters"`
	Endpoints []json.RawMessage `json:"endpoints"`
}

// askIstiod starts an istiod over the objects and asks it as proxies do.
func askIstiod(accepted []Accepted, world World, answer *Answer) error {
	settings, err := meshSettings(world.Mesh)
	if err != nil {
		return err
	}
	running := newCluster(accepted, world.NotReady)
	for _, name := range world.Certificates {
		secret, err := certificate(name)
		if err != nil {
			return err
		}
		running.Objects = append(running.Objects, secret)
	}
	return test.Wrap(func(t test.Failer) {
		server := xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
			KubernetesVersion: kubernetesVersion, KubernetesObjects: running.Objects, Configs: stored(accepted), MeshConfig: settings,
			DisableSecretAuthorization: true, KubeClientModifier: currentCRDs,
		})
		connection, err := grpc.NewClient("passthrough:///istiod", grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1<<30)),
			grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return server.BufListener.Dial() }))
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		client := discovery.NewAggregatedDiscoveryServiceClient(connection)
		if slices.Contains(world.Ask, askZtunnel) {
			if err := askForZtunnel(client, answer); err != nil {
				t.Fatal(err)
			}
		}
		if slices.Contains(world.Ask, askEnvoy) {
			answer.Proxies = []Proxy{}
			for _, node := range running.Nodes {
				proxy, err := askForEnvoy(client, node)
				if err != nil {
					t.Fatal(err)
				}
				answer.Proxies = append(answer.Proxies, proxy)
			}
		}
		if slices.Contains(world.Ask, askStatus) {
			if err := askForStatus(t, server, running, settings, answer); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func meshSettings(written json.RawMessage) (*meshconfig.MeshConfig, error) {
	if len(written) == 0 {
		return mesh.DefaultMeshConfig(), nil
	}
	text, err := yaml.JSONToYAML(written)
	if err != nil {
		return nil, err
	}
	return mesh.ApplyMeshConfigDefaults(string(text))
}

// stored are the objects that istiod keeps as configuration. Kinds of the Gateway API it reads from the cluster only.
func stored(accepted []Accepted) []config.Config {
	found := []config.Config{}
	for _, one := range accepted {
		if one.Config != nil && !strings.HasPrefix(one.Kind.Group, "gateway.networking.") {
			found = append(found, *one.Config)
		}
	}
	return found
}

// currentCRDs marks definitions with the version that they really carry; without it istiod passes over some of their kinds.
func currentCRDs(client kube.Client) {
	fake, ok := client.Metadata().(*metadatafake.FakeMetadataClient)
	if !ok {
		return
	}
	fake.PrependReactor("*", "customresourcedefinitions", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if changed, ok := action.(interface{ GetObject() runtime.Object }); ok {
			if object, ok := changed.GetObject().(*meta.PartialObjectMetadata); ok {
				object.Annotations = map[string]string{bundleVersionOfCRD: consts.BundleVersion}
			}
		}
		return false, nil, nil
	})
}

// askForZtunnel asks with a wildcard for everything that a ztunnel is sent.
func askForZtunnel(client discovery.AggregatedDiscoveryServiceClient, answer *Answer) error {
	node, err := nodeOf("ztunnel", &core.Pod{ObjectMeta: meta.ObjectMeta{Name: "ztunnel-0", Namespace: "istio-system"},
		Spec: core.PodSpec{NodeName: nodeName}, Status: core.PodStatus{PodIP: ztunnelAddress}}, "ztunnel")
	if err != nil {
		return err
	}
	for kind, into := range map[string]*[]json.RawMessage{authorizationType: &answer.Authorizations, addressType: &answer.Addresses} {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		stream, err := client.DeltaAggregatedResources(ctx)
		if err != nil {
			return err
		}
		if err := stream.Send(&discovery.DeltaDiscoveryRequest{Node: node, TypeUrl: kind, ResourceNamesSubscribe: []string{"*"}}); err != nil {
			return err
		}
		response, err := stream.Recv()
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		resources := response.Resources
		slices.SortFunc(resources, func(a, b *discovery.Resource) int { return strings.Compare(a.Name, b.Name) })
		*into = []json.RawMessage{}
		for _, resource := range resources {
			printed, err := printProto(resource.Resource)
			if err != nil {
				return err
			}
			*into = append(*into, printed)
		}
	}
	return nil
}

// askForEnvoy asks in the order of Envoy itself: clusters, their endpoints, listeners, their routes.
func askForEnvoy(client discovery.AggregatedDiscoveryServiceClient, of Node) (Proxy, error) {
	proxy := Proxy{Kind: of.Kind, Namespace: of.Pod.Namespace, Name: of.Name, Account: of.Account, Address: of.Pod.Status.PodIP}
	node, err := nodeOf(of.Kind, of.Pod, of.Account)
	if err != nil {
		return proxy, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stream, err := client.StreamAggregatedResources(ctx)
	if err != nil {
		return proxy, err
	}
	ask := func(kind string, names []string, into *[]json.RawMessage) ([]*anypb.Any, error) {
		*into = []json.RawMessage{}
		if names != nil && len(names) == 0 {
			return nil, nil
		}
		if err := stream.Send(&discovery.DiscoveryRequest{Node: node, TypeUrl: kind, ResourceNames: names}); err != nil {
			return nil, err
		}
		for {
			response, err := stream.Recv()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", kind, err)
			}
			if response.TypeUrl != kind {
				continue
			}
			if err := stream.Send(&discovery.DiscoveryRequest{Node: node, TypeUrl: kind, ResourceNames: names,
				VersionInfo: response.VersionInfo, ResponseNonce: response.Nonce}); err != nil {
				return nil, err
			}
			for _, resource := range response.Resources {
				printed, err := printProto(resource)
				if err != nil {
					return nil, err
				}
				*into = append(*into, printed)
			}
			// istiod walks maps to make listeners; Envoy does not mind their order, people who compare do.
			slices.SortFunc(*into, func(a, b json.RawMessage) int { return strings.Compare(nameOf(a), nameOf(b)) })
			return response.Resources, nil
		}
	}
	clusters, err := ask(clusterType, nil, &proxy.Clusters)
	if err != nil {
		return proxy, err
	}
	if _, err := ask(endpointType, discovered(clusters), &proxy.Endpoints); err != nil {
		return proxy, err
	}
	listeners, err := ask(listenerType, nil, &proxy.Listeners)
	if err != nil {
		return proxy, err
	}
	_, err = ask(routeType, routed(listeners), &proxy.Routes)
	return proxy, err
}

func nameOf(resource json.RawMessage) string {
	named := struct {
		Name        string `json:"name"`
		ClusterName string `json:"cluster_name"`
	}{}
	if json.Unmarshal(resource, &named) != nil {
		return ""
	}
	return named.Name + named.ClusterName
}

func discovered(clusters []*anypb.Any) []string {
	names := []string{}
	for _, resource := range clusters {
		one := &cluster.Cluster{}
		if resource.UnmarshalTo(one) == nil && one.GetType() == cluster.Cluster_EDS {
			name := one.GetEdsClusterConfig().GetServiceName()
			if name == "" {
				name = one.GetName()
			}
			names = append(names, name)
		}
	}
	return names
}

func routed(listeners []*anypb.Any) []string {
	names := []string{}
	for _, resource := range listeners {
		one := &listener.Listener{}
		if resource.UnmarshalTo(one) != nil {
			continue
		}
		for _, chain := range append(one.GetFilterChains(), one.GetDefaultFilterChain()) {
			for _, filter := range chain.GetFilters() {
				manager := &hcm.HttpConnectionManager{}
				if filter.GetTypedConfig().UnmarshalTo(manager) == nil && manager.GetRds() != nil {
					if name := manager.GetRds().GetRouteConfigName(); !slices.Contains(names, name) {
						names = append(names, name)
					}
				}
			}
		}
	}
	return names
}

// nodeOf introduces a proxy to istiod as the agent beside it would.
func nodeOf(kind string, pod *core.Pod, account string) (*envoy.Node, error) {
	marks := map[string]any{}
	for key, value := range pod.Labels {
		marks[key] = value
	}
	metadata, err := structpb.NewStruct(map[string]any{
		"NAME": pod.Name, "NAMESPACE": pod.Namespace, "LABELS": marks, "SERVICE_ACCOUNT": account, "CLUSTER_ID": kubernetesCluster,
		"ISTIO_VERSION": istioVersion, "ENABLE_HBONE": "true", "INSTANCE_IPS": pod.Status.PodIP, "NODE_NAME": pod.Spec.NodeName,
	})
	id := fmt.Sprintf("%s~%s~%s.%s~%s.svc.cluster.local", kind, pod.Status.PodIP, pod.Name, pod.Namespace, pod.Namespace)
	return &envoy.Node{Id: id, Metadata: metadata}, err
}

// printProto writes a resource as canonical JSON, whose field names Envoy and ztunnel read; what nobody can print is base64.
func printProto(resource *anypb.Any) (json.RawMessage, error) {
	message, err := resource.UnmarshalNew()
	if err != nil {
		return json.Marshal(map[string]string{"@type": resource.TypeUrl, "value": base64.StdEncoding.EncodeToString(resource.Value)})
	}
	return compactJSON(message)
}

func compactJSON(message proto.Message) (json.RawMessage, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
	if err != nil {
		return nil, err
	}
	// protojson varies its spaces on purpose.
	value := json.RawMessage{}
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	return value, nil
}
