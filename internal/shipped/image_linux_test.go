// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// largest is the greatest size of a compressed image, in bytes.
const largest = 25 << 20

// container runs the image with runc as the image demands: as nobody, with a read-only
// root. It counts the sockets of a network namespace. The image must also contain
// tcpvitalsd.
func container(t *testing.T, archive string) {
	need(t, "runc", "tar")
	if info, err := os.Stat(archive); err != nil || info.Size() > largest {
		t.Errorf("the image takes %d bytes, %v; at most %d", info.Size(), err, largest)
	}
	bundle := t.TempDir()
	config := unpackImage(t, archive, bundle)
	if config.User != "65532:65532" || !slices.Equal(config.Entrypoint, []string{"/usr/bin/tcpvitals"}) {
		t.Errorf("the image runs %q as %q", config.Entrypoint, config.User)
	}
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		for range 3 {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
		}
	})
	asNobody := func(spec map[string]any) {
		process := spec["process"].(map[string]any)
		process["user"], process["capabilities"] = map[string]int{"uid": 65532, "gid": 65532}, map[string]any{}
	}
	said := runContainer(t, ns, bundle, config, append(config.Entrypoint, "census", "-o", "json"), asNobody)
	var census struct{ Total int }
	if err := json.Unmarshal([]byte(said), &census); err != nil || census.Total != 3 {
		t.Errorf("in the container there are %d sockets, %v, want 3: %s", census.Total, err, said)
	}
	said = runContainer(t, ns, bundle, config, []string{"/usr/bin/tcpvitalsd", "metrics", "--netns", "self"}, asNobody)
	if want := `tcpvitals_connections{family="ipv4",state="listen"} 3`; !strings.Contains(said, want+"\n") {
		t.Errorf("no %s in %s", want, said)
	}
	t.Run("on a node", func(t *testing.T) { onNode(t, bundle, config) })
}

// onNode runs the image as the DaemonSet does: as root, with the capabilities that the
// plain manifests name and no others, in the network and the processes of the node, with
// a read-only root. It finds the owners of a socket of the node and of one of a pod. So
// it does with processes of its own and the node's /proc at /host/proc.
func onNode(t *testing.T, bundle string, config imageConfig) {
	manifests := readText(t, filepath.Join(tree(t), "packaging/kubernetes/tcpvitalsd.yaml"))
	for _, want := range []string{"hostNetwork: true", "hostPID: true", "privileged: false", "readOnlyRootFilesystem: true"} {
		if !strings.Contains(manifests, " "+want+"\n") {
			t.Errorf("the DaemonSet has no %s", want)
		}
	}
	_, named, _ := strings.Cut(manifests, "\n              add:\n")
	rights := []string{}
	for line := range strings.Lines(named) {
		name, ok := strings.CutPrefix(line, "                - ")
		if !ok {
			break
		}
		rights = append(rights, "CAP_"+strings.TrimSpace(name))
	}
	if len(rights) != 6 {
		t.Errorf("the DaemonSet has the capabilities %q", rights)
	}
	node, pod := testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
	filter := "state listen and (" + listening(t, node) + " or " + listening(t, pod) + ")"
	asRoot := func(spec map[string]any) {
		all := map[string]any{"bounding": rights, "effective": rights, "permitted": rights}
		spec["process"].(map[string]any)["capabilities"] = all
	}
	var list struct{ Sockets []struct{ PID int } }
	said := runContainer(t, node, bundle, config, append(config.Entrypoint, "list", "--netns", "all", "-c", "pid", "-o", "json", filter), func(spec map[string]any) {
		asRoot(spec)
		without(spec, "pid")
	})
	if err := json.Unmarshal([]byte(said), &list); err != nil || len(list.Sockets) != 2 || list.Sockets[0].PID != os.Getpid() || list.Sockets[1].PID != os.Getpid() {
		t.Errorf("%v, want two sockets of process %d: %s", err, os.Getpid(), said)
	}
	var census struct {
		Groups []struct {
			Key   struct{ PID int }
			Count int
		}
	}
	ask := append(config.Entrypoint, "census", "--proc", "/host/proc", "--netns", "all", "--by", "pid", "-o", "json", filter)
	said = runContainer(t, node, bundle, config, ask, func(spec map[string]any) {
		asRoot(spec)
		spec["mounts"] = append(spec["mounts"].([]any), map[string]any{"destination": "/host/proc", "type": "bind", "source": "/proc", "options": []string{"rbind", "ro"}})
	})
	if err := json.Unmarshal([]byte(said), &census); err != nil || len(census.Groups) != 1 || census.Groups[0].Key.PID != os.Getpid() || census.Groups[0].Count != 2 {
		t.Errorf("%v, want two of process %d: %s", err, os.Getpid(), said)
	}
}

// listening opens a listener in a network namespace, and returns the filter for it.
func listening(t *testing.T, ns *testnet.NS) (filter string) {
	t.Helper()
	ns.Do(func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		filter = fmt.Sprintf("sport = :%d", l.Addr().(*net.TCPAddr).Port)
	})
	return filter
}

// without takes a namespace of its own away from a container.
func without(spec map[string]any, kind string) {
	linux := spec["linux"].(map[string]any)
	linux["namespaces"] = slices.DeleteFunc(linux["namespaces"].([]any), func(ns any) bool { return ns.(map[string]any)["type"] == kind })
}

// runContainer runs a command in the root directory of a bundle, in a network namespace,
// and returns its output. as changes what runc would do.
func runContainer(t *testing.T, ns *testnet.NS, bundle string, config imageConfig, args []string, as func(spec map[string]any)) string {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(bundle, "config.json")); err != nil {
		t.Fatal(err)
	}
	call(t, "runc", "spec", "--bundle", bundle)
	spec := readJSON(t, filepath.Join(bundle, "config.json"))
	process := spec["process"].(map[string]any)
	process["terminal"], process["args"], process["env"] = false, args, config.Env
	without(spec, "network")
	as(spec)
	data, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := ns.Command("runc", "--root", filepath.Join(t.TempDir(), "state"), "run", "--bundle", bundle, "tcpvitals-"+filepath.Base(filepath.Dir(bundle))).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 3) { // 3: namespaces of other tests cannot be entered
		t.Fatalf("runc: %v: %s", err, said)
	}
	return string(said)
}

type imageConfig struct {
	User            string
	Entrypoint, Env []string
}

// unpackImage unpacks the layers of a docker archive into bundle/rootfs, and returns
// the image's configuration.
func unpackImage(t *testing.T, archive, bundle string) imageConfig {
	t.Helper()
	var manifest []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	if err := json.Unmarshal([]byte(call(t, "tar", "-xOf", archive, "manifest.json")), &manifest); err != nil || len(manifest) != 1 || len(manifest[0].Layers) != 1 {
		t.Fatalf("manifest: %+v, %v", manifest, err)
	}
	if want := []string{"tcpvitals:" + strings.TrimPrefix(second, "v")}; !slices.Equal(manifest[0].RepoTags, want) {
		t.Errorf("tags %q, want %q", manifest[0].RepoTags, want)
	}
	var about struct{ Config imageConfig }
	if err := json.Unmarshal([]byte(call(t, "tar", "-xOf", archive, manifest[0].Config)), &about); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(bundle, "rootfs")
	call(t, "sh", "-c", `mkdir "$3" && tar -xOf "$1" "$2" | tar -xzp -C "$3"`, "sh", archive, manifest[0].Layers[0], root)
	for _, dir := range []string{bundle, filepath.Dir(bundle)} { // nobody must be able to enter them
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return about.Config
}

func readJSON(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}
