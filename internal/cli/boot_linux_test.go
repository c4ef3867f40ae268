// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// bootVariable says how the kernel of a guest was booted.
const bootVariable = "GUEST_BOOT"

// TestBoot runs the scripts in testdata/boot/NAME for one way to boot a kernel. The
// machine has no sockets other than those of holdBootSockets. internal/guest boots the
// kernel and sets GUEST_BOOT to NAME.
func TestBoot(t *testing.T) {
	boot := os.Getenv(bootVariable)
	dir := filepath.Join("testdata", "boot", boot)
	if _, err := os.Stat(dir); boot == "" || err != nil {
		t.Skip("make test-kernels runs this on kernels that it boots without one thing or another")
	}
	holdBootSockets(t)
	testscript.Run(t, testscript.Params{
		Dir: dir, RequireExplicitExec: true, RequireUniqueNames: true, UpdateScripts: os.Getenv("UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("LANG", "C.UTF-8")
			env.Setenv("COLUMNS", "100")
			return nil
		},
		Cmds: commands(), Condition: condition,
	})
}

// holdBootSockets makes, in the machine's own namespace, two listeners, three
// connections to the first that are established and one that the client has
// shut down: 2 LISTEN, 6 ESTABLISHED, 1 FIN_WAIT2 and 1 CLOSE_WAIT.
func holdBootSockets(t *testing.T) {
	t.Helper()
	listener := bootListener(t, "tcp4", "127.0.0.1:8080")
	bootListener(t, "tcp6", "[::1]:8081")
	for i := range 4 {
		client, err := net.Dial("tcp4", listener.Addr().String())
		must(t, err)
		server, err := listener.Accept()
		must(t, err)
		t.Cleanup(func() { _ = server.Close() })
		t.Cleanup(func() { _ = client.Close() })
		if i == 0 { // kept open: a FIN_WAIT2 without an owner ends after tcp_fin_timeout, and a guest may take that long
			must(t, client.(*net.TCPConn).CloseWrite())
		}
	}
}

func bootListener(t *testing.T, network, address string) net.Listener {
	t.Helper()
	listener, err := net.Listen(network, address)
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}
