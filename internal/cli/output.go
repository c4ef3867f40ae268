// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// The forms of output that -o takes.
const (
	outputTable  = "table"
	outputJSON   = "json"
	outputCSV    = "csv"
	outputNDJSON = "ndjson"
)

func outputs() []string { return []string{outputTable, outputJSON, outputCSV, outputNDJSON} }

func addOutputFlag(f *pflag.FlagSet, output *string) {
	f.StringVarP(output, "output", "o", outputTable, strings.Join(outputs(), ", "))
}

func checkOutput(output string) error { return checkOutputIn(output, outputs()) }

// checkOutputIn is checkOutput for commands with outputs of their own.
func checkOutputIn(output string, all []string) error {
	if slices.Contains(all, output) {
		return nil
	}
	return &problem.UsageError{
		Msg:  fmt.Sprintf("unknown output %q", output),
		Hint: "outputs are " + strings.Join(all, ", "),
	}
}

// flush shows what has been written so far, before a command that goes on.
func (e *Env) flush() error {
	if w, ok := e.Stdout.(*bufio.Writer); ok {
		return w.Flush()
	}
	return nil
}
