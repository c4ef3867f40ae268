// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"encoding/json"
	"net"
	"os"
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
	said := runContainer(t, ns, bundle, config, append(config.Entrypoint, "census", "-o", "json"))
	var census struct{ Total int }
	if err := json.Unmarshal([]byte(said), &census); err != nil || census.Total != 3 {
		t.Errorf("in the container there are %d sockets, %v, want 3: %s", census.Total, err, said)
	}
	said = runContainer(t, ns, bundle, config, []string{"/usr/bin/tcpvitalsd", "metrics", "--netns", "self"})
	if want := `tcpvitals_connections{family="ipv4",state="listen"} 3`; !strings.Contains(said, want+"\n") {
		t.Errorf("no %s in %s", want, said)
	}
}

// runContainer runs a command as nobody in the root directory of a bundle, in a
// network namespace, and returns its output.
func runContainer(t *testing.T, ns *testnet.NS, bundle string, config imageConfig, args []string) string {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(bundle, "config.json")); err != nil {
		t.Fatal(err)
	}
	call(t, "runc", "spec", "--bundle", bundle)
	spec := readJSON(t, filepath.Join(bundle, "config.json"))
	process := spec["process"].(map[string]any)
	process["terminal"], process["args"], process["env"] = false, args, config.Env
	process["user"], process["capabilities"] = map[string]int{"uid": 65532, "gid": 65532}, map[string]any{}
	linux := spec["linux"].(map[string]any)
	linux["namespaces"] = slices.DeleteFunc(linux["namespaces"].([]any), func(ns any) bool { return ns.(map[string]any)["type"] == "network" })
	data, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := ns.Command("runc", "--root", filepath.Join(t.TempDir(), "state"), "run", "--bundle", bundle, "tcpvitals-"+filepath.Base(filepath.Dir(bundle))).Output()
	if err != nil {
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
