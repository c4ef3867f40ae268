// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tcpvitals/tcpvitals/internal/cli"
)

// TestMain makes the test binary a tcpvitals when a script calls it so.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tcpvitals": func() {
			os.Exit(cli.Main(context.Background(), cli.System("v0.0.0-test"), os.Args[1:]))
		},
	})
}

// TestScript runs every behaviour of the command line that is written down in
// testdata/script: UPDATE=1 rewrites the expected output.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("LANG", "C.UTF-8")
			env.Setenv("COLUMNS", "100")
			return nil
		},
		Cmds: commands(),
	})
}
