// SPDX-License-Identifier: Apache-2.0

package knowledge_test

import (
	"os"
	"strings"
	"testing"
)

// TestEveryCounterOfThisKernel: whatever nstat shows of TCP here has its page.
func TestEveryCounterOfThisKernel(t *testing.T) {
	x, counters := everything(), 0
	for _, file := range []string{"/proc/net/netstat", "/proc/net/snmp"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			group, names, _ := strings.Cut(line, ": ")
			if group != "Tcp" && group != "TcpExt" || strings.ContainsAny(names[:1], "0123456789-") {
				continue
			}
			for name := range strings.FieldsSeq(names) {
				counters++
				if _, ok := x.Lookup(group + "." + name); !ok {
					t.Errorf("%s.%s has no page", group, name)
				}
			}
		}
	}
	t.Logf("%d counters", counters)
	if counters < 100 {
		t.Error("too few counters are read")
	}
}
