// SPDX-License-Identifier: Apache-2.0

package exporter_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/exporter"
)

// TestOddWebConfig: something that is not a regular file is refused at once, without
// waiting.
func TestOddWebConfig(t *testing.T) {
	dir := t.TempDir()
	fifo, zero := filepath.Join(dir, "fifo"), filepath.Join(dir, "zero")
	if err := errors.Join(syscall.Mkfifo(fifo, 0o600), os.Symlink("/dev/zero", zero)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{fifo, zero, dir} {
		said := make(chan error, 1)
		go func() { said <- exporter.Exporter{}.CheckWebConfig(name) }()
		select {
		case err := <-said:
			if err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(2 * time.Second):
			t.Fatalf("%s is waited for", name)
		}
	}
}
