// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestOwnersOutsideOfPIDNamespace: in a container that shares the network of its host
// but not its processes, connections have owners that are not visible. They are
// reported as unknown, not as "no process", whether the container sees the cgroups or
// not.
func TestOwnersOutsideOfPIDNamespace(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 3)
	adopt(t, "java", append(clients, servers...)...)
	leak := testnet.New(t, testnet.Options{})
	leavers, leaking := pairs(t, leak, 20)
	adopt(t, "leaky", leaking...)
	letGo(t, leavers)
	empty := testnet.New(t, testnet.Options{})
	for name, script := range map[string]string{
		"with cgroups":    `exec "$@"`,
		"without cgroups": `mount -t tmpfs none /sys/fs/cgroup && exec "$@"`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range []struct {
				ns   *testnet.NS
				args string
				code int
				says string
			}{
				{ns, "census --by process,state", 3, "unknown"},
				{ns, "list -c state,process,pid", 3, "?"},
				{ns, "census", 0, ""}, // owners were not requested
				{ns, "doctor", 0, ""}, // no finding is about an owner
				{leak, "doctor", 3, "has 20 CLOSE_WAIT"},
				{empty, "census --by process,state", 0, ""}, // all owners are in the namespace
			} {
				code, out := alone(t, c.ns, script, strings.Fields(c.args))
				told := strings.Contains(strings.Join(strings.Fields(out), " "), "partial data: processes: this is a PID namespace of its own")
				if code != c.code || told != (code == 3) || !strings.Contains(out, c.says) {
					t.Errorf("%s: exit code %d, want %d, and the owners unknown for a reason:\n%s", c.args, code, c.code, out)
				}
			}
		})
	}
}

// alone runs the program by a shell script in a new PID and mount namespace.
func alone(t *testing.T, ns *testnet.NS, script string, args []string) (code int, out string) {
	t.Helper()
	ns.Do(func() {
		words := append([]string{"--pid", "--fork", "--mount-proc", "sh", "-c", script, "sh", "tcpvitals"}, args...)
		text, err := exec.CommandContext(t.Context(), "unshare", words...).CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			code = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		out = string(text)
	})
	return code, out
}

// TestProcOfTheHost: in a container with the host's network and with the host's /proc
// mounted in another place, --proc finds the owners and the network namespaces of the
// host. Each namespace has its own sockets.
func TestProcOfTheHost(t *testing.T) {
	node, pod := testnet.New(t, testnet.Options{}), testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, node, 3)
	adopt(t, "java", append(clients, servers...)...)
	clients, servers = pairs(t, pod, 5)
	adopt(t, "nginx", append(clients, servers...)...)
	tree := t.TempDir()
	contained := func(args ...string) (out string) {
		t.Helper()
		node.Do(func() {
			script := `mount --rbind /proc "$0" && exec unshare --pid --fork --mount-proc tcpvitals "$@"`
			text, err := exec.CommandContext(t.Context(), "unshare", append([]string{"--mount", "sh", "-c", script, tree}, args...)...).Output()
			if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended { // gaps about other tests' namespaces make the exit code 3
				t.Fatal(err)
			}
			out = string(text)
		})
		return out
	}
	type answer struct {
		Groups []struct {
			Key   map[string]any
			Count int
		}
	}
	ask := func(by string, args ...string) map[string]int {
		t.Helper()
		var a answer
		said := contained(append([]string{"census", "state established", "--proc", tree, "--by", by, "-o", "json"}, args...)...)
		if err := json.Unmarshal([]byte(said), &a); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		counts := map[string]int{}
		for _, group := range a.Groups {
			counts[fmt.Sprint(group.Key[by])] = group.Count
		}
		return counts
	}
	if got := ask("process"); got["java"] != 6 || len(got) != 1 {
		t.Errorf("of the node's own network: %v", got)
	}
	if got := ask("process", "--netns", "all"); got["java"] != 6 || got["nginx"] != 10 {
		t.Errorf("of all: %v", got)
	}
	if got := ask("netns", "--netns", "all"); got["self"] != 6 || got[fmt.Sprint(pod.Inode())] != 10 {
		t.Errorf("by namespace: %v, want 6 in self and 10 in %d", got, pod.Inode())
	}
}
