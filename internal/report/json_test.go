// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// TestTextsAreWrittenAsTheyAre: no writer escapes <, > and &.
func TestTextsAreWrittenAsTheyAre(t *testing.T) {
	gaps := []problem.Gap{{Source: "a<b>&c", Reason: "x"}}
	at := time.Unix(1_800_000_000, 0)
	for name, write := range map[string]func(*bytes.Buffer) error{
		"ports":        func(b *bytes.Buffer) error { return (&Ports{Time: at, Gaps: gaps}).JSON(b) },
		"ports lines":  func(b *bytes.Buffer) error { return (&Ports{Time: at, Gaps: gaps}).NDJSON(b) },
		"queues":       func(b *bytes.Buffer) error { return (&Queues{Time: at, Gaps: gaps}).JSON(b) },
		"queues lines": func(b *bytes.Buffer) error { return (&Queues{Time: at, Gaps: gaps}).NDJSON(b) },
		"rows": func(b *bytes.Buffer) error {
			rows, err := NewJSONRows(b, nil, "a<b>&c", at, nil)
			if err != nil {
				return err
			}
			return rows.End(ListTail{Gaps: gaps})
		},
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(b.String(), "a<b>&c") || strings.Contains(b.String(), `\u00`) {
			t.Errorf("%s: %s", name, b.String())
		}
	}
}
