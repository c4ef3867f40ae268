// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestTrialGaveUpOwner: clients closed before a server accepted them, in a queue with
// much room. One reading names whose it is.
func TestTrialGaveUpOwner(t *testing.T) {
	t.Parallel()
	ns := testnet.New(t, testnet.Options{})
	listener := listenOn(t, ns, endpoint(1, 8080), 128)
	for range 3 {
		fd := openSocket(t, ns)
		must(t, connect(t, ns, fd, endpoint(1, 8080)))
		must(t, unix.Shutdown(fd, unix.SHUT_WR))
	}
	pid := adopt(t, "gunicorn", listener)
	var once string
	await(t, "clients that closed a second ago", func() bool {
		ns.Do(func() { once, _, _ = run(nil, "doctor") })
		return strings.Contains(once, "3 clients closed before")
	})
	want := fmt.Sprintf(`3 clients closed before gunicorn\[%d\] (\([^ ]*\) )?127\.0\.0\.1:8080`, pid) // its unit, if the tests run in one
	if !regexp.MustCompile(want).MatchString(once) {
		t.Errorf("not found: %s\n%s", want, once)
	}
}
