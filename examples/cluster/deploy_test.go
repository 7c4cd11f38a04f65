// Package cluster_test checks the files of this example that other programs read.
package cluster_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheKubernetesObjectsAreYAML(t *testing.T) {
	var kinds []string
	waits, together := false, false
	for d := yaml.NewDecoder(strings.NewReader(read(t, "statefulset.yaml"))); ; {
		var object struct {
			APIVersion string `yaml:"apiVersion"`
			Kind       string
			Metadata   struct{ Name string }
			Spec       struct {
				PublishNotReadyAddresses bool           `yaml:"publishNotReadyAddresses"`
				PodManagementPolicy      string         `yaml:"podManagementPolicy"`
				Rest                     map[string]any `yaml:",inline"`
			}
		}
		err := d.Decode(&object)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || object.APIVersion == "" || len(object.Spec.Rest) == 0 {
			t.Fatalf("%+v, %v", object, err)
		}
		kinds = append(kinds, object.Kind+" "+object.Metadata.Name)
		waits = waits || object.Spec.PublishNotReadyAddresses
		together = together || object.Spec.PodManagementPolicy == "Parallel"
	}
	if got, want := strings.Join(kinds, ", "), "Service wisr, Service site, PodDisruptionBudget wisr, StatefulSet wisr"; got != want {
		t.Errorf("the objects are %s, want %s", got, want)
	}
	if !waits || !together {
		t.Error("hosts that wait for each other have to be found, and started, before they are ready")
	}
}

func TestTheKubernetesObjectsAreAsTheirSchemasSay(t *testing.T) {
	validate, err := exec.LookPath("kubernetes-validate")
	if err != nil {
		t.Skip("there is no kubernetes-validate to ask (pip install kubernetes-validate)")
	}
	if out, err := exec.CommandContext(t.Context(), validate, "--strict", "statefulset.yaml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTheUnitIsOne(t *testing.T) {
	text := read(t, "wisr.service")
	for _, want := range []string{"[Unit]\n", "[Service]\n", "ExecStart=/usr/local/bin/wisr start ", "[Install]\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze to ask")
	}
	unit := filepath.Join(t.TempDir(), "wisr.service")
	text = strings.Replace(text, "/usr/local/bin/wisr", "/bin/true", 1) // which has to be there
	if err := os.WriteFile(unit, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), verify, "verify", "--man=no", unit).CombinedOutput(); strings.Contains(string(out), "wisr.service:") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTheLoadBalancersConfigurationIsOne(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("there is no nginx to ask")
	}
	conf := filepath.Join(t.TempDir(), "nginx.conf")
	if err := os.WriteFile(conf, []byte(read(t, "nginx.conf")), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), nginx, "-t", "-q", "-p", filepath.Dir(conf), "-c", conf).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
