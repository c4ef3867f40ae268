// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sysctl"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// universe is every parameter that the files of testdata/agreement may set: only those
// of a network namespace, so that the host is not changed.
func universe() []string {
	keys := []string{"net.core.somaxconn"}
	for name := range strings.FieldsSeq(`tcp_retries1 tcp_retries2 tcp_fin_timeout tcp_orphan_retries tcp_syn_retries tcp_synack_retries
		tcp_rmem tcp_keepalive_probes tcp_keepalive_intvl tcp_keepalive_time tcp_max_syn_backlog`) {
		keys = append(keys, "net.ipv4."+name)
	}
	for _, device := range []string{"all", "default", "lo"} {
		for _, name := range []string{"rp_filter", "log_martians", "accept_source_route", "send_redirects"} {
			keys = append(keys, "net.ipv4.conf."+device+"."+name)
		}
	}
	return keys
}

// TestAgreement runs both programs on prepared directories, in a new mount namespace
// and a new network namespace, and compares what they write with what Effective
// predicts.
func TestAgreement(t *testing.T) {
	testnet.Require(t, testnet.Root)
	programs := map[Reader]string{Procps: find(t, "sysctl"), Systemd: find(t, "/usr/lib/systemd/systemd-sysctl", "/lib/systemd/systemd-sysctl")}
	files, err := filepath.Glob("testdata/agreement/*.txtar")
	if err != nil || len(files) < 8 {
		t.Fatalf("cases: %v, %v", files, err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for reader, program := range programs {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+filepath.Base(program), func(t *testing.T) {
				compare(t, archive, reader, program)
			})
		}
	}
}

// find returns the first of the programs that exists.
func find(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	testnet.Skip(t, testnet.Root, names[0]+" is not installed")
	return ""
}

func compare(t *testing.T, archive *txtar.Archive, reader Reader, program string) {
	root := t.TempDir()
	unpack(t, root, archive)
	found := search(t, root)
	order := found.Systemd
	if reader == Procps {
		order = found.Procps
	}
	decided := Effective(reader, linesOf(order), func(pattern string) []string {
		return slices.DeleteFunc(universe(), func(key string) bool { return !MatchKey(pattern, key) })
	})
	before, after := run(t, root, reader, program)
	changed := 0
	for _, key := range universe() {
		want := before[key]
		if l := decided[key]; l != nil {
			want = l.Value
			if s, ok := knowledge.SysctlOf(key); ok {
				want = s.Kernel.Read(want)
			}
		}
		if !sameValue(want, after[key]) && !refused(key, want) {
			t.Errorf("%s: want %s, got %s", key, want, after[key])
		}
		if after[key] != before[key] {
			changed++
		}
	}
	if changed == 0 {
		t.Error("the program changed nothing: this proves nothing")
	}
}

// refused reports whether the kernel would refuse the value: then its absence proves
// nothing.
func refused(key, value string) bool {
	s, ok := knowledge.SysctlOf(key)
	return ok && !s.Kernel.Contains(value)
}

// unpack writes the files, and the links that the file "links" lists.
func unpack(t *testing.T, root string, archive *txtar.Archive) {
	t.Helper()
	for _, dir := range Directories() {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range archive.Files {
		if f.Name == "links" {
			for line := range strings.Lines(string(f.Data)) {
				name, target, _ := strings.Cut(strings.TrimSpace(line), " ")
				if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
					t.Fatal(err)
				}
			}
			continue
		}
		if err := os.WriteFile(filepath.Join(root, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// run shows the directories below root to the program as the machine's own. It
// replaces /etc, /run and /usr/local completely, whether the directories exist or not.
func run(t *testing.T, root string, reader Reader, program string) (before, after map[string]string) {
	t.Helper()
	const script = `
		set -eu
		mount --make-rprivate /
		show() { grep -H '' $FILES; }
		mount --bind "$ROOT/etc" /etc
		mount --bind "$ROOT/run" /run
		mount --bind "$ROOT/usr/local" /usr/local
		mount --bind "$ROOT/usr/lib/sysctl.d" /usr/lib/sysctl.d
		if [ ! -L /lib ]; then mount --bind "$ROOT/lib/sysctl.d" /lib/sysctl.d; fi
		show
		echo ----
		"$@" >&2 || true
		show`
	args := []string{"--mount", "--net", "sh", "-c", script, "sh", program}
	if reader == Procps {
		args = append(args, "--system")
	}
	cmd := exec.Command(find(t, "unshare"), args...)
	cmd.Env = append(os.Environ(), "ROOT="+root, "FILES="+strings.Join(files(), " "))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	first, second, ok := strings.Cut(string(out), "----\n")
	if !ok {
		t.Fatalf("got %q", out)
	}
	return values(first), values(second)
}

// files are the files of the universe's parameters.
func files() []string {
	var all []string
	for _, key := range universe() {
		all = append(all, sysctl.File(key))
	}
	return all
}

func values(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		file, value, _ := strings.Cut(line, ":")
		all[NormalizeKey(strings.TrimPrefix(file, "/proc/sys/"))] = strings.TrimSpace(value)
	}
	return all
}
