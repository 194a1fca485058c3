package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	crds "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"istio.io/istio/manifests"
	"istio.io/istio/pilot/pkg/config/kube/crdclient"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/kube"
)

// istioModule is the folder of Istio's module; the build writes it (README.md).
var istioModule string

const (
	byServer  = "api-server"
	bySchema  = "crd-schema"
	byWebhook = "istio-webhook"
)

// Judge says of an object what the API server and Istio's webhook would say.
type Judge struct {
	kinds  map[schema.GroupVersionKind]*kindSchema
	strict runtime.Decoder
}

type kindSchema struct {
	namespaced bool
	fields     *structural.Structural
	validator  validation.SchemaValidator
	rules      *cel.Validator
}

// Accepted is an object that got past everybody: as istiod's clients hold it and, for Istio's kinds, as its stores do.
type Accepted struct {
	Object runtime.Object
	Config *config.Config
	Kind   config.GroupVersionKind
	Plain  *unstructured.Unstructured
}

func newJudge() (*Judge, error) {
	j := &Judge{kinds: map[schema.GroupVersionKind]*kindSchema{}}
	j.strict = serializer.NewCodecFactory(kube.IstioScheme, serializer.EnableStrict).UniversalDeserializer()
	return j, eachSchemaFile(j.readSchemas)
}

// eachSchemaFile gives the definitions of Istio's kinds, then those of the Gateway API.
func eachSchemaFile(read func(io.Reader) error) error {
	istio, err := manifests.FS.Open("charts/base/files/crd-all.gen.yaml")
	if err != nil {
		return err
	}
	defer istio.Close()
	if err := read(istio); err != nil {
		return err
	}
	gateway, err := os.Open(filepath.Join(istioModule, "tests/integration/pilot/testdata/gateway-api-crd.yaml"))
	if err != nil {
		return fmt.Errorf("the Gateway API's schemas: %w", err)
	}
	defer gateway.Close()
	return read(gateway)
}

// printSchemas writes the definitions as they stand, as JSON.
func printSchemas(out io.Writer) error {
	return eachSchemaFile(func(file io.Reader) error {
		documents := kubeyaml.NewYAMLOrJSONDecoder(file, 1<<20)
		printer := json.NewEncoder(out)
		for {
			written := unstructured.Unstructured{}
			err := documents.Decode(&written)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if written.GetKind() == "CustomResourceDefinition" {
				if err := printer.Encode(written.Object); err != nil {
					return err
				}
			}
		}
	})
}

func (j *Judge) readSchemas(file io.Reader) error {
	documents := kubeyaml.NewYAMLOrJSONDecoder(file, 1<<20)
	for {
		written := crds.CustomResourceDefinition{}
		err := documents.Decode(&written)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if written.Kind != "CustomResourceDefinition" {
			continue
		}
		definition := apiextensions.CustomResourceDefinition{}
		if err := crds.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&written, &definition, nil); err != nil {
			return err
		}
		for _, version := range definition.Spec.Versions {
			described := version.Schema
			if described == nil {
				described = definition.Spec.Validation
			}
			if !version.Served || described == nil {
				continue
			}
			one := &kindSchema{namespaced: definition.Spec.Scope == apiextensions.NamespaceScoped}
			if one.validator, _, err = validation.NewSchemaValidator(described.OpenAPIV3Schema); err != nil {
				return err
			}
			if one.fields, err = structural.NewStructural(described.OpenAPIV3Schema); err != nil {
				return err
			}
			one.rules = cel.NewValidator(one.fields, true, celconfig.PerCallLimit)
			j.kinds[schema.GroupVersionKind{Group: definition.Spec.Group, Version: version.Name, Kind: definition.Spec.Names.Kind}] = one
		}
	}
}

// accept writes refusals and warnings into the answer and gives the rest back.
func (j *Judge) accept(objects []json.RawMessage, answer *Answer) []Accepted {
	found := []Accepted{}
	seen := map[string]bool{}
	for _, content := range objects {
		plain := &unstructured.Unstructured{}
		if err := plain.UnmarshalJSON(content); err != nil {
			answer.Refused = append(answer.Refused, Finding{string(content[:min(len(content), 80)]), byServer, err.Error()})
			continue
		}
		id := identity(plain)
		refuse := func(by string, err error) {
			answer.Refused = append(answer.Refused, Finding{id, by, err.Error()})
		}
		if seen[id] {
			refuse(byServer, errors.New("the same object twice"))
			continue
		}
		seen[id] = true
		one := Accepted{Plain: plain}
		kind := plain.GroupVersionKind()
		if described, ok := j.kinds[kind]; ok {
			if err := described.check(plain); err != nil {
				refuse(bySchema, err)
				continue
			}
		} else if !kube.IstioScheme.Recognizes(kind) {
			refuse(byServer, fmt.Errorf("no matches for kind %q in version %q", kind.Kind, plain.GetAPIVersion()))
			continue
		} else if _, _, err := j.strict.Decode(content, nil, nil); err != nil {
			refuse(byServer, err)
			continue
		}
		if err := j.typed(&one); err != nil {
			refuse(byServer, err)
			continue
		}
		if one.Config != nil {
			known, _ := collections.PilotGatewayAPI().FindByGroupVersionKind(one.Kind)
			warnings, err := known.ValidateConfig(*one.Config)
			if err != nil {
				refuse(byWebhook, err)
				continue
			}
			if warnings != nil {
				for _, text := range strings.Split(strings.TrimSpace(warnings.Error()), "\n") {
					answer.Warnings = append(answer.Warnings, Finding{id, byWebhook, text})
				}
			}
		}
		found = append(found, one)
	}
	return found
}

// identity names an object whatever served version it was written in: kind.group/namespace/name.
func identity(plain *unstructured.Unstructured) string {
	kind := plain.GroupVersionKind().GroupKind().String()
	return strings.Join([]string{kind, plain.GetNamespace(), plain.GetName()}, "/")
}

// check does what the API server does with a custom resource: names, defaults, schema, unknown fields, CEL rules.
func (k *kindSchema) check(plain *unstructured.Unstructured) error {
	metadata := &metav1.ObjectMeta{}
	if written, ok := plain.Object["metadata"].(map[string]any); ok {
		if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(written, metadata, true); err != nil {
			return err
		}
	}
	if k.namespaced && metadata.Namespace == "" {
		metadata.Namespace = "default"
		plain.SetNamespace("default")
	}
	problems := apivalidation.ValidateObjectMeta(metadata, k.namespaced, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	defaulting.Default(plain.Object, k.fields)
	problems = append(problems, validation.ValidateCustomResource(nil, plain.Object, k.validator)...)
	problems = append(problems, listtype.ValidateListSetsAndMaps(nil, k.fields, plain.Object)...)
	if len(problems) > 0 {
		return problems.ToAggregate()
	}
	unknown := []string{}
	options := structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(plain.DeepCopy().Object, k.fields, true, options) {
		if !strings.HasPrefix(path, "metadata.") {
			unknown = append(unknown, path)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("unknown fields: %s", strings.Join(unknown, ", "))
	}
	if k.rules != nil {
		problems, _ = k.rules.Validate(context.Background(), nil, k.fields, plain.Object, nil, celconfig.RuntimeCELCostBudget)
		return problems.ToAggregate()
	}
	return nil
}

// typed reads the object as Istio's own clients do; every served version of an Istio kind is held in one.
func (j *Judge) typed(one *Accepted) error {
	plain := one.Plain.DeepCopy()
	one.Kind = config.FromKubernetesGVK(plain.GroupVersionKind())
	known, istio := collections.PilotGatewayAPI().FindByGroupVersionAliasesKind(one.Kind)
	if istio {
		one.Kind = known.GroupVersionKind()
		plain.SetGroupVersionKind(one.Kind.Kubernetes())
	}
	content, err := plain.MarshalJSON()
	if err != nil {
		return err
	}
	if one.Object, _, err = kube.IstioCodec.UniversalDeserializer().Decode(bytes.TrimSpace(content), nil, nil); err != nil {
		return err
	}
	one.Object.GetObjectKind().SetGroupVersionKind(one.Kind.Kubernetes())
	if istio {
		translated := crdclient.TranslateObject(one.Object, one.Kind, "cluster.local")
		one.Config = &translated
	}
	return nil
}
