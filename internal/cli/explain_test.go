// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/cli"
	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/tune/audit"
)

// TestTopicsFitTogether: no two packages have a topic with the same name, and every
// link leads to a topic.
func TestTopicsFitTogether(t *testing.T) {
	x := knowledge.NewIndex(knowledge.Topics(), diagnose.Topics(), audit.Topics())
	for _, broken := range x.Broken() {
		t.Error(broken)
	}
	for _, rule := range x.Topics(knowledge.KindRule, knowledge.KindCode) {
		for _, section := range rule.Sections {
			for _, statement := range section.Statements {
				if len(statement.Proofs()) == 0 {
					t.Errorf("%s: %q is not a source", rule.Name, statement.Source)
				}
			}
		}
	}
}

// TestExplainLongWords: a search word longer than any name is not compared with all
// names; for a hundred kilobytes that took seconds.
func TestExplainLongWords(t *testing.T) {
	for _, words := range [][]string{
		{strings.Repeat("a", 100_000)}, strings.Fields(strings.Repeat("time-wait ", 20_000)), {strings.Repeat("\u0301", 50_000)}, {strings.Repeat("\xff", 257)}, {strings.Repeat("\xff", 2048)},
	} {
		env := cli.System("v0.0.0-test")
		var stderr bytes.Buffer
		env.Stdout, env.Stderr = io.Discard, &stderr
		began := time.Now()
		if code := cli.Main(t.Context(), env, append([]string{"explain"}, words...)); code != 2 {
			t.Errorf("%d words of %d bytes: exit code %d", len(words), len(words[0]), code)
		}
		if took := time.Since(began); took > time.Second || stderr.Len() > 1000 {
			t.Errorf("%d words of %d bytes: %v, %.300s", len(words), len(words[0]), took, &stderr)
		}
	}
}
