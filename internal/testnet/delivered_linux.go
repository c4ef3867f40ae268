// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"os"
	"strings"
	"testing"
	"time"
)

// Delivered waits until no packet is waiting to be processed. On loopback that is
// usually so when a system call returns, but a busy processor leaves packets to
// ksoftirqd, and their effects come later.
func Delivered(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		text, err := os.ReadFile("/proc/net/softnet_stat")
		switch {
		case err != nil:
			t.Fatalf("look for packets that wait: %v", err)
		case !waiting(string(text)):
			return
		case time.Now().After(deadline):
			t.Fatalf("packets wait for ever:\n%s", text)
		}
	}
}

// waiting reports whether a processor has a backlog, according to the lines that
// softnet_seq_show writes (net/core/net-procfs.c).
func waiting(text string) bool {
	const backlog = 11
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > backlog && strings.Trim(fields[backlog], "0") != "" {
			return true
		}
	}
	return false
}
