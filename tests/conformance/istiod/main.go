// Command istiod answers, for one set of Kubernetes and Istio objects, what Istio's real control plane makes of them:
// which objects the API server's schemas, their CEL rules or Istio's webhook refuse, what is sent to ztunnel, to
// waypoints, gateways and sidecars, and which status conditions are written. See README.md beside this file.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"

	istiolog "istio.io/istio/pkg/log"
)

// What can be asked about a world.
const (
	askZtunnel = "ztunnel"
	askEnvoy   = "envoy"
	askStatus  = "status"
)

// World is one question: a set of objects and what is wanted of them.
type World struct {
	World   json.RawMessage   `json:"world,omitzero"`
	Objects []json.RawMessage `json:"objects"`
	// MeshConfig as in the istio ConfigMap; what it leaves out has istiod's default.
	Mesh json.RawMessage `json:"mesh,omitzero"`
	Ask  []string        `json:"ask"`
	// Gateways (namespace/name) that have no address yet.
	NotReady []string `json:"notReady,omitzero"`
	// TLS Secrets (namespace/name) that exist, with some certificate.
	Certificates []string `json:"certificates,omitzero"`
}

// Answer is one line of output.
type Answer struct {
	World          json.RawMessage   `json:"world,omitzero"`
	Refused        []Finding         `json:"refused"`
	Warnings       []Finding         `json:"warnings"`
	Authorizations []json.RawMessage `json:"authorizations,omitzero"`
	Addresses      []json.RawMessage `json:"addresses,omitzero"`
	Proxies        []Proxy           `json:"proxies,omitzero"`
	Status         []Condition       `json:"status,omitzero"`
	Error          string            `json:"error,omitzero"`
}

// Finding is what was said about one object, and by whom: api-server, crd-schema or istio-webhook.
type Finding struct {
	Object  string `json:"object"`
	By      string `json:"by"`
	Message string `json:"message"`
}

func main() {
	if err := withAmbient(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ask := flag.String("ask", "ztunnel,envoy,status", "what is wanted: ztunnel, envoy, status; empty: only what is refused")
	mesh := flag.String("mesh", "", "file with MeshConfig, YAML")
	certificates := flag.String("certificates", "", "TLS Secrets that exist: namespace/name,...")
	worlds := flag.Bool("worlds", false, "read worlds from standard input, one JSON object a line, and answer each in a line")
	schemas := flag.Bool("schemas", false, "print the definitions of Istio's and the Gateway API's kinds, one JSON object a line")
	flag.Parse()
	if *schemas {
		if err := printSchemas(os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := run(words(*ask), words(*certificates), *mesh, *worlds, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// withAmbient starts this program again with the environment that an ambient mesh's istiod has: Istio reads it before main.
func withAmbient() error {
	const key = "PILOT_ENABLE_AMBIENT"
	if os.Getenv(key) == "true" {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(self, os.Args, append(os.Environ(), key+"=true"))
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

func run(ask, certificates []string, mesh string, worlds bool, paths []string) error {
	quiet := istiolog.DefaultOptions()
	quiet.OutputPaths = []string{"stderr"}
	// Retries of its own controllers look like errors.
	quiet.SetDefaultOutputLevel("all", istiolog.NoneLevel)
	if err := istiolog.Configure(quiet); err != nil {
		return err
	}
	judge, err := newJudge()
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	if worlds {
		return eachWorld(judge, os.Stdin, out)
	}
	world, err := readPaths(paths)
	if err != nil {
		return err
	}
	world.Ask, world.Certificates = ask, certificates
	if mesh != "" {
		if world.Mesh, err = readMesh(mesh); err != nil {
			return err
		}
	}
	answer := judge.answer(world)
	if err := write(out, answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	if len(answer.Refused) > 0 {
		out.Flush()
		os.Exit(2)
	}
	return nil
}

func eachWorld(judge *Judge, in io.Reader, out *bufio.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(strings.TrimSpace(string(line))) > 0 {
			world := World{}
			if err := json.Unmarshal(line, &world); err != nil {
				return fmt.Errorf("not a world: %w", err)
			}
			if err := write(out, judge.answer(world)); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// answer judges every object, and asks istiod about those that were accepted.
func (j *Judge) answer(world World) Answer {
	answer := Answer{World: world.World, Refused: []Finding{}, Warnings: []Finding{}}
	for _, wanted := range world.Ask {
		if !slices.Contains([]string{askZtunnel, askEnvoy, askStatus}, wanted) {
			answer.Error = "unknown question: " + wanted
			return answer
		}
	}
	accepted := j.accept(world.Objects, &answer)
	if len(world.Ask) > 0 {
		if err := askIstiod(accepted, world, &answer); err != nil {
			answer.Error = err.Error()
		}
	}
	return answer
}

func write(out *bufio.Writer, answer Answer) error {
	line, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	if _, err := out.Write(append(line, '\n')); err != nil {
		return err
	}
	return out.Flush()
}
