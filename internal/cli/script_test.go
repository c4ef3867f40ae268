// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/lab/isolate"
	"github.com/tcpvitals/tcpvitals/internal/watch"
)

// TestMain lets the test binary act as tcpvitals if a script calls it so, and as an
// owner of sockets if a test does.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tcpvitals": func() {
			os.Exit(cli.Main(context.Background(), scripted(), os.Args[1:]))
		},
		"actor":      actor,
		"unverified": unverified,
	})
}

// actor is a process that has sockets open, takes the given name, and does nothing
// until its standard input ends.
func actor() {
	_ = os.WriteFile("/proc/self/comm", []byte(os.Args[1]), 0) // works on Linux
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// TestScript runs the scripts in testdata/script, which describe every behaviour of
// the command line. UPDATE=1 rewrites the expected output.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("LANG", "C.UTF-8")
			env.Setenv("COLUMNS", "100")
			snapshot, err := filepath.Abs("../snapshot/testdata/v1.0.snap")
			env.Setenv("SNAPSHOT", snapshot)
			return err
		},
		Cmds:      commands(),
		Condition: condition,
	})
}

// condition evaluates the conditions of scripts. [netns] is the right to make network
// namespaces, [userns] a kernel that has user namespaces; if CI_REQUIRE names one, it is
// true, so that a script fails instead of being skipped. [bound] is a kernel that shows
// sockets that are bound and idle.
func condition(name string) (bool, error) {
	required := slices.Contains(strings.Split(os.Getenv("CI_REQUIRE"), ","), name)
	switch name {
	case "netns":
		return required || isolate.Check() == nil, nil
	case "userns":
		_, err := os.Stat("/proc/self/ns/user")
		return required || err == nil, nil
	case "bound":
		return showsBound()
	default:
		return false, fmt.Errorf("unknown condition %q", name)
	}
}

// scripted is the environment of a tcpvitals that a script calls.
func scripted() *cli.Env {
	env := cli.System("v0.0.0-test")
	env.Watch = func(ctx context.Context, w cli.Watching) error { return watch.Run(ctx, watch.Options(w)) }
	return env
}
