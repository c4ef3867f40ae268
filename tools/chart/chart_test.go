// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the plain manifests anew")

const (
	chartDir = "../../packaging/chart"
	// plain is what the chart renders as it is, for those without Helm.
	plain = "../../packaging/kubernetes/tcpvitalsd.yaml"
)

// values are the values files in ci/, by name.
func values(t *testing.T) map[string]map[string]any {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(chartDir, "ci/*-values.yaml"))
	if err != nil || len(names) < 6 {
		t.Fatalf("values files: %q, %v", names, err)
	}
	all := map[string]map[string]any{}
	for _, name := range names {
		v, err := chartutil.ReadValuesFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(name), "-values.yaml")] = v
	}
	return all
}

func load(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.LoadDir(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// render is what Helm would send to the cluster, by the name of its template.
func render(t *testing.T, c *chart.Chart, namespace string, v map[string]any) (map[string]string, error) {
	t.Helper()
	release := chartutil.ReleaseOptions{Name: "tcpvitals", Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(c, v, release, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, all)
}

// objects decodes manifests as the API server does: a field that there is not is
// an error, and one that stands there twice.
func objects(t *testing.T, rendered map[string]string) (all []runtime.Object) {
	t.Helper()
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		text := rendered[name]
		if !strings.HasSuffix(name, ".yaml") || strings.TrimSpace(text) == "" || strings.Contains(text, "kind: PodMonitor") { // of an operator, not of Kubernetes
			continue
		}
		object, _, err := decoder.Decode([]byte(text), nil, nil)
		if err != nil {
			t.Errorf("%s: %v in\n%s", name, err, text)
			continue
		}
		all = append(all, object)
	}
	return all
}

func find[T runtime.Object](t *testing.T, all []runtime.Object) (one T) {
	t.Helper()
	for _, object := range all {
		if found, ok := object.(T); ok {
			return found
		}
	}
	t.Fatalf("none of %T", one)
	return one
}

// TestChart renders, lints and decodes the chart with every values file, and looks
// at what a pod may.
func TestChart(t *testing.T) {
	base := []corev1.Capability{"NET_ADMIN", "BPF", "PERFMON", "SYS_PTRACE", "DAC_READ_SEARCH"}
	everything := append(slices.Clone(base), "SYS_ADMIN")
	rights := map[string][]corev1.Capability{"self": base, "least": base[:1]}
	settings := map[string]string{
		"self": "netns: self\n", "least": "no-trace: true\n", "loopback": "listen: '[::1]:9780'\n", "tls": "web-config: /etc/tcpvitals-web/web.yaml\n",
		"settings": "- db=10.1.2.0/24\n", "default": "examine-every: 10s\n", "placed": "netns: all\n",
	}
	for name, v := range values(t) {
		t.Run(name, func(t *testing.T) {
			for _, said := range lint.AllWithKubeVersion(chartDir, v, "monitoring", &chartutil.DefaultCapabilities.KubeVersion).Messages {
				if said.Severity > support.InfoSev { // an icon is recommended
					t.Errorf("lint: %v", said)
				}
			}
			rendered, err := render(t, load(t), "monitoring", v)
			if err != nil {
				t.Fatal(err)
			}
			all := objects(t, rendered)
			set := find[*appsv1.DaemonSet](t, all)
			want := rights[name]
			if want == nil {
				want = everything
			}
			confined(t, set.Spec.Template.Spec, want)
			config := find[*corev1.ConfigMap](t, all).Data["tcpvitalsd.yaml"]
			if !strings.Contains(config+"\n", settings[name]) || settings[name] == "" {
				t.Errorf("no %q in its settings:\n%s", settings[name], config)
			}
			if got := strings.Contains(rendered["tcpvitals/templates/podmonitor.yaml"], "kind: PodMonitor"); got != (name == "tls") {
				t.Errorf("there is a PodMonitor: %v", got)
			}
			for key, value := range set.Spec.Selector.MatchLabels {
				if set.Spec.Template.Labels[key] != value {
					t.Errorf("its pods are not its own: %s", key)
				}
			}
		})
	}
}

// confined: the pod sees the node, and may no more than is named.
func confined(t *testing.T, pod corev1.PodSpec, capabilities []corev1.Capability) {
	t.Helper()
	if !pod.HostNetwork || !pod.HostPID || len(pod.Containers) != 1 || *pod.AutomountServiceAccountToken {
		t.Fatalf("host network %v, host processes %v, %d containers", pod.HostNetwork, pod.HostPID, len(pod.Containers))
	}
	for _, volume := range pod.Volumes {
		if volume.HostPath != nil {
			t.Errorf("%s of the node is mounted", volume.HostPath.Path)
		}
	}
	may := pod.Containers[0].SecurityContext
	if *may.Privileged || *may.AllowPrivilegeEscalation || !*may.ReadOnlyRootFilesystem || !slices.Equal(may.Capabilities.Drop, []corev1.Capability{"ALL"}) {
		t.Errorf("it may %+v", may)
	}
	if !slices.Equal(may.Capabilities.Add, capabilities) {
		t.Errorf("capabilities %v, want %v", may.Capabilities.Add, capabilities)
	}
}

// TestRefused: what cannot be is said when the chart is rendered, not by a pod that
// does not start.
func TestRefused(t *testing.T) {
	for name, v := range map[string]string{
		"neither self nor all": `{namespaces: host}`, "has no port": `{listen: localhost}`, "it is set by a value of its own": `{settings: {netns: self}}`,
	} {
		values, err := chartutil.ReadValues([]byte(v))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := render(t, load(t), "x", values); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, want %q", v, err, name)
		}
	}
}

// TestStrict: the decoder would find a field that there is not, or this proves nothing.
func TestStrict(t *testing.T) {
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	for _, text := range []string{
		"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\nautomountToken: false\n",
		"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\nspec: {template: {spec: {hostPid: true}}}\n",
	} {
		if _, _, err := decoder.Decode([]byte(text), nil, nil); err == nil {
			t.Errorf("taken: %s", text)
		}
	}
}

// TestPlainManifests: they are the chart as it is.
func TestPlainManifests(t *testing.T) {
	rendered, err := render(t, load(t), "tcpvitals", nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	out.WriteString("# Made of packaging/chart (make manifests): kubectl apply -f tcpvitalsd.yaml\n" +
		"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: tcpvitals\n  labels:\n    # It is in the network of the nodes, with capabilities.\n    pod-security.kubernetes.io/enforce: privileged\n")
	for _, name := range []string{"serviceaccount", "configmap", "daemonset", "service"} {
		text := rendered["tcpvitals/templates/"+name+".yaml"]
		text = strings.ReplaceAll(text, "managed-by: Helm", "managed-by: kubectl")
		out.WriteString("---\n" + strings.TrimSpace(text) + "\n")
	}
	if *update {
		if err := os.WriteFile(plain, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(plain)
	if err != nil || !bytes.Equal(got, out.Bytes()) {
		t.Errorf("stale (%v): make manifests", err)
	}
	parts := map[string]string{}
	for i, text := range strings.Split(string(got), "\n---\n") {
		var any map[string]any
		if err := yaml.UnmarshalStrict([]byte(text), &any); err != nil {
			t.Error(err)
		}
		parts[strings.Repeat("x", i+1)+".yaml"] = text
	}
	if all := objects(t, parts); len(all) != 5 {
		t.Errorf("%d objects", len(all))
	}
}
