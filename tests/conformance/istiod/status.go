package main

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"

	meshconfig "istio.io/api/mesh/v1alpha1"
	apigateway "istio.io/istio/pilot/pkg/config/kube/gateway"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/pkg/serviceregistry/ambient"
	"istio.io/istio/pilot/pkg/status"
	xds "istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/activenotifier"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/mesh/meshwatcher"
	"istio.io/istio/pkg/config/schema/gvk"
	"istio.io/istio/pkg/config/schema/gvr"
	"istio.io/istio/pkg/kube"
	"istio.io/istio/pkg/kube/kclient/clienttest"
	"istio.io/istio/pkg/kube/krt"
	"istio.io/istio/pkg/kube/multicluster"
	"istio.io/istio/pkg/test"
)

// Condition is one line of status: of an object, or of one listener or parent inside it.
type Condition struct {
	Object  string `json:"object"`
	Part    string `json:"part,omitempty"`
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Status is written by several workers without an end that could be seen: nothing new for this long is the end.
const (
	quiet   = 300 * time.Millisecond
	atLeast = 700 * time.Millisecond
)

// diary keeps the last status that was written for each object and writer.
type diary struct {
	model.ConfigStore
	lock    sync.Mutex
	written map[string]json.RawMessage
	last    time.Time
}

func (d *diary) note(key string, content []byte) {
	d.lock.Lock()
	defer d.lock.Unlock()
	if old, ok := d.written[key]; !ok || string(old) != string(content) {
		d.written[key], d.last = content, time.Now()
	}
}

// Get says that every object is there, still without a status.
func (d *diary) Get(kind config.GroupVersionKind, name, namespace string) *config.Config {
	return &config.Config{Meta: config.Meta{GroupVersionKind: kind, Name: name, Namespace: namespace}}
}

func (d *diary) UpdateStatus(written config.Config) (string, error) {
	content, err := json.Marshal(written.Status)
	if err != nil {
		return "", err
	}
	kind := schema.GroupKind{Group: written.GroupVersionKind.Group, Kind: written.GroupVersionKind.Kind}
	d.note(kind.String()+"/"+written.Namespace+"/"+written.Name, content)
	return "", nil
}

// askForStatus has istiod write its status: of the Gateway API into a store, of the ambient index as patches.
func askForStatus(t test.Failer, server *xds.FakeDiscoveryServer, running *Cluster, settings *meshconfig.MeshConfig, answer *Answer) error {
	controller, ok := server.Discovery.Env.GatewayAPIController.(*apigateway.Controller)
	if !ok {
		return errors.New("istiod has another controller for the Gateway API than expected")
	}
	kept := &diary{written: map[string]json.RawMessage{}, last: time.Now()}
	stop := test.NewStop(t)
	manager := status.NewManager(kept)
	manager.Start(stop)
	controller.SetStatusWrite(true, manager)
	if err := startAmbient(t, running.Objects, settings, kept, stop); err != nil {
		return err
	}
	started := time.Now()
	for time.Since(started) < patience {
		time.Sleep(20 * time.Millisecond)
		kept.lock.Lock()
		last := kept.last
		kept.lock.Unlock()
		if time.Since(started) > atLeast && time.Since(last) > quiet {
			break
		}
	}
	kept.lock.Lock()
	defer kept.lock.Unlock()
	answer.Status = []Condition{}
	for _, key := range sortedKeys(kept.written) {
		// The writer of a patch stands behind the object's name.
		object, _, _ := strings.Cut(key, " ")
		found, err := conditions(object, kept.written[key])
		if err != nil {
			return err
		}
		answer.Status = append(answer.Status, found...)
	}
	return nil
}

// startAmbient starts a second ambient index: the one of the test server never writes.
func startAmbient(t test.Failer, objects []runtime.Object, settings *meshconfig.MeshConfig, kept *diary, stop chan struct{}) error {
	client := kube.NewFakeClientWithVersion(kubernetesVersion, objects...)
	currentCRDs(client)
	fakes := []any{client.Kube(), client.Istio()}
	for _, one := range fakes {
		fake, ok := one.(interface {
			PrependReactor(verb, resource string, reaction clienttesting.ReactionFunc)
		})
		if !ok {
			return errors.New("a client that records nothing")
		}
		fake.PrependReactor("patch", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
			patch, ok := action.(clienttesting.PatchActionImpl)
			if !ok || patch.Subresource != "status" {
				return false, nil, nil
			}
			sent := struct {
				Status json.RawMessage `json:"status"`
			}{}
			if err := json.Unmarshal(patch.Patch, &sent); err != nil {
				return true, nil, err
			}
			kind, _ := gvk.FromGVR(patch.Resource)
			group := schema.GroupKind{Group: kind.Kubernetes().Group, Kind: kind.Kind}
			kept.note(group.String()+"/"+patch.Namespace+"/"+patch.Name+" "+patch.PatchOptions.FieldManager, sent.Status)
			return true, nil, nil
		})
	}
	for _, resource := range []schema.GroupVersionResource{gvr.AuthorizationPolicy, gvr.PeerAuthentication, gvr.WorkloadEntry, gvr.ServiceEntry,
		gvr.GatewayClass, gvr.KubernetesGateway} {
		clienttest.MakeCRD(t, client, resource)
	}
	watcher := meshwatcher.NewTestWatcher(settings)
	clusters := multicluster.NewController(multicluster.ControllerOptions{Client: client, ClusterID: kubernetesCluster,
		SystemNamespace: "istio-system", MeshConfig: watcher, Debugger: new(krt.DebugHandler)})
	index := ambient.New(ambient.Options{SystemNamespace: "istio-system", DomainSuffix: "cluster.local", ClusterID: kubernetesCluster,
		XDSUpdater: model.NewEndpointIndexUpdater(model.NewEndpointIndex(model.DisabledCache{})), MeshConfig: watcher,
		StatusNotifier: activenotifier.New(true), Debugger: new(krt.DebugHandler), MultiClusterController: clusters})
	if err := clusters.Run(stop); err != nil {
		return err
	}
	client.RunAndWait(stop)
	go index.Run(stop)
	kube.WaitForCacheSync("ambient status", stop, index.HasSynced)
	return nil
}

// conditions finds them wherever a kind keeps them: on the object, on its listeners, on its parents.
func conditions(object string, content json.RawMessage) ([]Condition, error) {
	type list struct {
		Name       string           `json:"name"`
		Conditions []meta.Condition `json:"conditions"`
		ParentRef  struct {
			Kind      string `json:"kind"`
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"parentRef"`
	}
	written := struct {
		Conditions []meta.Condition `json:"conditions"`
		Listeners  []list           `json:"listeners"`
		Parents    []list           `json:"parents"`
	}{}
	if err := json.Unmarshal(content, &written); err != nil {
		return nil, err
	}
	found := []Condition{}
	add := func(part string, conditions []meta.Condition) {
		slices.SortFunc(conditions, func(a, b meta.Condition) int { return strings.Compare(a.Type, b.Type) })
		for _, one := range conditions {
			found = append(found, Condition{object, part, one.Type, string(one.Status), one.Reason, one.Message})
		}
	}
	add("", written.Conditions)
	for _, listener := range written.Listeners {
		add("listener "+listener.Name, listener.Conditions)
	}
	for _, parent := range written.Parents {
		kind := parent.ParentRef.Kind
		if kind == "" {
			kind = "Gateway"
		}
		add("parent "+kind+"/"+parent.ParentRef.Namespace+"/"+parent.ParentRef.Name, parent.Conditions)
	}
	return found, nil
}
