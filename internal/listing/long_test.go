// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"strings"
	"testing"
	"time"
)

// TestRowsOnOneLine: many rows whose line ends were lost take time that grows with
// their number, and none of them is lost.
func TestRowsOnOneLine(t *testing.T) {
	for _, row := range []string{
		"LISTEN 0 128 0.0.0.0:22 0.0.0.0:* ",
		"tcp ESTAB 0 0 10.9.8.7:22 10.9.8.1:40404 ",
		"tcp 0 0 10.9.8.7:22 10.9.8.1:40404 ESTABLISHED ",
		"udp UNCONN 0 0 10.9.8.7:22 0.0.0.0:* tcp ESTAB 0 0 10.9.8.7:22 10.9.8.1:40404 ",
		"LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:((\"sshd\",pid=812,fd=3)) ",
	} {
		least := func(rows int) time.Duration {
			text := strings.Repeat(row, rows) + "\n"
			best := time.Hour
			for range 5 {
				start := time.Now()
				got, err := Count(strings.NewReader(text), "one line")
				best = min(best, time.Since(start))
				if err != nil || got.Counts.Total() != uint64(rows) {
					t.Fatalf("%d rows of %q: %d, %v", rows, row, got.Counts.Total(), err)
				}
			}
			return best
		}
		few, many := least(100), least(100*16)
		if many > 100*few { // it was 200 times and more
			t.Errorf("%q: 16 times the rows take %v, %d times as long", row, many, many/few)
		}
	}
}
