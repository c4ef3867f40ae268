// SPDX-License-Identifier: Apache-2.0

package procfs_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
)

// TestSelf: work and memory that are used are seen.
func TestSelf(t *testing.T) {
	cpu, resident, ok := procfs.Self()
	if !ok || resident < 1<<20 {
		t.Fatalf("%v, %d bytes, %v", cpu, resident, ok)
	}
	// Not from the heap, which may have as much to spare.
	held, err := unix.Mmap(-1, 0, 32<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(held) //nolint:errcheck // it was mapped
	for begun := time.Now(); time.Since(begun) < 50*time.Millisecond; {
		for i := 0; i < len(held); i += 4096 {
			held[i]++
		}
	}
	more, larger, ok := procfs.Self()
	if !ok || more < cpu+10*time.Millisecond || larger < resident+16<<20 {
		t.Errorf("after work: %v and %d bytes, before %v and %d", more, larger, cpu, resident)
	}
}
