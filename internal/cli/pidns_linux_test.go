// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestOwnersOutsideOfPIDNamespace: in a container that shares the network of its
// host and not its processes, connections have owners, who cannot be seen. That
// is not "no process".
func TestOwnersOutsideOfPIDNamespace(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	clients, servers := pairs(t, ns, 3)
	adopt(t, "java", append(clients, servers...)...)
	inside := func(args ...string) (code int, out string) {
		ns.Do(func() {
			text, err := exec.CommandContext(t.Context(), "unshare", append([]string{"--pid", "--fork", "--mount-proc", "tcpvitals"}, args...)...).CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				code = exit.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			out = string(text)
		})
		return code, out
	}
	for unknown, args := range map[string][]string{"unknown": {"census", "--by", "process,state"}, "?": {"list", "state established", "-c", "state,process,pid"}} {
		code, out := inside(args...)
		if code != 3 || !strings.Contains(out, unknown) || !strings.Contains(strings.Join(strings.Fields(out), " "), "this is a PID namespace of its own") {
			t.Errorf("%v: exit code %d, want 3, and the owners unknown for a reason:\n%s", args, code, out)
		}
	}
	if code, out := inside("census"); code != 0 || strings.Contains(out, "PID namespace") {
		t.Errorf("nobody asked for owners: exit code %d\n%s", code, out)
	}
	// Where all that is there is in the namespace nothing is missing.
	empty := testnet.New(t, testnet.Options{})
	ns = empty
	if code, out := inside("census", "--by", "process,state"); code != 0 {
		t.Errorf("without sockets of others: exit code %d\n%s", code, out)
	}
}
