// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/cli"
)

// TestStdoutHelper is the program that TestClosedOutput starts.
func TestStdoutHelper(t *testing.T) {
	if os.Getenv("TCPVITALS_TEST_STDOUT") == "" {
		return // only run by TestClosedOutput
	}
	os.Exit(cli.Main(t.Context(), cli.System("1.0"), strings.Fields(os.Getenv("TCPVITALS_TEST_STDOUT"))))
}

// TestClosedOutput: an answer to a closed output is an error; one to /dev/null,
// discarded on purpose, is not.
func TestClosedOutput(t *testing.T) {
	for _, test := range []struct {
		redirect string
		code     int
	}{
		{"<&- >&-", 1},
		{"<&- >&- 2>/dev/null", 1},
		{"<&- >&- 2>&-", 1},
		{">/dev/null", 0},
		{"</dev/null >/dev/null 2>/dev/null", 0},
		{"", 0},
		{"<&-", 0},
		{"<>/dev/null >&0 2>&0", 0},                  // as daemon(3) does
		{"1<>/dev/null", 0},                          // as stdout=subprocess.DEVNULL of Python
		{"<>/dev/null >&0", 0},                       // the same for input and output
		{"</etc/hosts 1<>/dev/null 2<>/dev/null", 0}, // as stdio 'ignore' of Node
		{">&-", 0},                                   // looks the same if no shell remains to ask
	} {
		cmd := exec.Command("sh", "-c", `exec "$0" -test.run='^TestStdoutHelper$' `+test.redirect, os.Args[0])
		cmd.Env = append(os.Environ(), "TCPVITALS_TEST_STDOUT=version")
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != test.code || code == 1 && !strings.Contains(test.redirect, "2>") && !strings.Contains(string(out), "standard output is closed") {
			t.Errorf("%q: exit code %d, want %d: %s", test.redirect, code, test.code, out)
		}
	}
}

// TestCheckClosedOutput: what a monitoring system did not get is UNKNOWN, whatever the
// judgement: 1 would be WARNING.
func TestCheckClosedOutput(t *testing.T) {
	healthy := filepath.Join(t.TempDir(), "counts.txt")
	must(t, os.WriteFile(healthy, []byte("10 ESTABLISHED\n2 TIME_WAIT\n"), 0o600))
	for _, args := range []string{"check " + healthy, "check --warn nosuch"} {
		cmd := exec.Command("sh", "-c", `exec "$0" -test.run='^TestStdoutHelper$' <&- >&-`, os.Args[0])
		cmd.Env = append(os.Environ(), "TCPVITALS_TEST_STDOUT="+args)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != 3 || !strings.Contains(string(out), "standard output is closed") {
			t.Errorf("%s: exit code %d: %s", args, code, out)
		}
	}
}

// TestOutputClosedByShell: while the shell waits for the program, its descriptors show
// whether it closed the output or was given none itself.
func TestOutputClosedByShell(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	must(t, err)
	defer null.Close()
	for _, test := range []struct {
		redirect string
		stdout   *os.File // standard output of the shell; nil means a pipe
		code     int
	}{
		{">&-", nil, 1},
		{">&- 2>/dev/null", nil, 1},
		{"</dev/null >&-", nil, 1},
		{"", nil, 0},
		{">/dev/null", nil, 0},
		{"", null, 0}, // a script that Python runs with DEVNULL
	} {
		cmd := exec.Command("sh", "-c", `"$0" -test.run='^TestStdoutHelper$' `+test.redirect+"; exit $?", os.Args[0])
		cmd.Env = append(os.Environ(), "TCPVITALS_TEST_STDOUT=version")
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = &said, &said
		if test.stdout != nil {
			cmd.Stdout = test.stdout
		}
		_ = cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != test.code || code == 1 && !strings.Contains(test.redirect, "2>") && !strings.Contains(said.String(), "standard output is closed") {
			t.Errorf("%q: exit code %d, want %d: %s", test.redirect, code, test.code, said.String())
		}
	}
}
