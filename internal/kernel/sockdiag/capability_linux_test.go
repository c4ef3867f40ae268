// SPDX-License-Identifier: Apache-2.0

package sockdiag

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// effective returns the CapEff line of the calling thread.
func effective(t *testing.T) string {
	t.Helper()
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "CapEff:") {
			return line
		}
	}
	t.Fatal("no CapEff in /proc/thread-self/status")
	return ""
}

// TestCapabilityComesBack: only the function itself runs without CAP_NET_ADMIN,
// also when it fails.
func TestCapabilityComesBack(t *testing.T) {
	testnet.Require(t, testnet.Root)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, failure := effective(t), errors.New("failed")
	for _, want := range []error{nil, failure} {
		var within string
		err := withoutNetAdmin(func() error { within = effective(t); return want })
		if !errors.Is(err, want) || within == before || effective(t) != before {
			t.Errorf("error %v, want %v; before %s, within %s, after %s", err, want, before, within, effective(t))
		}
	}
}
