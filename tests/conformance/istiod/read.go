package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// readPaths reads every .yaml, .yml and .json file below the paths ("-" is standard input), in the order of their names.
// Files of kustomize are settings of a tool, not objects, and are passed over.
func readPaths(paths []string) (World, error) {
	world := World{}
	for _, path := range paths {
		if path == "-" {
			if err := world.read(os.Stdin); err != nil {
				return world, err
			}
			continue
		}
		files := []string{}
		err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && (name == path || slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name))) {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			return world, err
		}
		for _, name := range files {
			content, err := os.ReadFile(name)
			if err != nil {
				return world, err
			}
			if err := world.read(bytes.NewReader(content)); err != nil {
				return world, errors.New(name + ": " + err.Error())
			}
		}
	}
	return world, nil
}

func (w *World) read(stream io.Reader) error {
	documents := kubeyaml.NewYAMLReader(bufio.NewReader(stream))
	for {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		// As kubectl reads: YAML 1.1, and the same key twice is an error.
		content, err := yaml.YAMLToJSONStrict(text)
		if err != nil {
			return err
		}
		if err := w.add(content); err != nil {
			return err
		}
	}
}

// add takes an object, or the items of a list.
func (w *World) add(content []byte) error {
	if bytes.Equal(content, []byte("null")) {
		return nil
	}
	head := struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Items      []json.RawMessage `json:"items"`
	}{}
	if err := json.Unmarshal(content, &head); err != nil {
		return err
	}
	if strings.HasPrefix(head.APIVersion, "kustomize.config.k8s.io/") {
		return nil
	}
	if head.Kind == "List" {
		for _, item := range head.Items {
			if err := w.add(item); err != nil {
				return err
			}
		}
		return nil
	}
	w.Objects = append(w.Objects, content)
	return nil
}

func readMesh(path string) (json.RawMessage, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return yaml.YAMLToJSON(content)
}
