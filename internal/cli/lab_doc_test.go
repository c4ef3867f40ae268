// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/lab/script"
)

// TestLabPageHasEveryVerb: docs/lab.md has the parser's table of verbs.
func TestLabPageHasEveryVerb(t *testing.T) {
	var table strings.Builder
	table.WriteString("| step | what it does |\n|---|---|\n")
	for _, v := range script.Verbs() {
		fmt.Fprintf(&table, "| `%s` | %s |\n", strings.ReplaceAll(v.Form, "|", `\|`), v.Doc)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "lab.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), table.String()) {
		t.Errorf("docs/lab.md must have this table:\n%s", table.String())
	}
}
