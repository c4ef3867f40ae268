// SPDX-License-Identifier: Apache-2.0

package listing_test

import (
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/listing"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestPiecesBehindPieces: what is after a row in its line is read, and what is
// after the line end in that line too.
func TestPiecesBehindPieces(t *testing.T) {
	const heading = "Proto Recv-Q Send-Q Local Address           Foreign Address         State"
	const rows = "tcp 0 0 10.0.0.1:22 10.0.0.2:5000 ESTABLISHED tcp 0 0 10.0.0.1:22 10.0.0.2:5001 ESTABLISHED\rtcp 0 0 10.0.0.1:22 10.0.0.2:5002 ESTABLISHED"
	for name, text := range map[string]string{
		"rows":          rows + "\n",
		"below heading": heading + "\n" + rows + "\n",
		"in heading":    heading + " " + rows + "\n",
		"as text":       strings.ReplaceAll(heading+"\n"+rows, "\n", `\n`) + `\n` + strings.ReplaceAll(rows, "5", "6") + "\n",
	} {
		want := uint64(3)
		if name == "as text" {
			want = 6
		}
		result, err := listing.Count(strings.NewReader(text), name)
		if got := result.Counts.Of(tcp.Established); err != nil || got != want && result.Whole() {
			t.Errorf("%s: %d, want %d: %v", name, got, want, err)
		}
	}
}

// TestManyEscapesInALine: each piece of a line is looked at once.
func TestManyEscapesInALine(t *testing.T) {
	took := func(n int) int {
		text := strings.Repeat("\\u001b\\n\\\\", n) + "\n"
		return int(testing.Benchmark(func(b *testing.B) {
			for range b.N {
				_, _ = listing.Count(strings.NewReader(text), "x")
			}
		}).NsPerOp())
	}
	if few, many := took(200), took(3200); many > 80*few { // 16 times as much; 256 where each piece looks at all the rest
		t.Errorf("%d ns for 200, %d for 3,200", few, many)
	}
}
