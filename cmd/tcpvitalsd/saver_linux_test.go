// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	files "github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// asSaver names the directory that this test fills with snapshots when it is started
// for that alone.
const asSaver = "TCPVITALSD_TEST_SAVES_IN"

// saver writes snapshots slowly, one after the other, each in many pieces.
func saver(dir string) {
	store, err := files.Open(dir, files.Bounds{Number: 5, Bytes: 64 << 20})
	if err != nil {
		panic(err)
	}
	for at := time.Now(); ; at = at.Add(time.Second) {
		_, err := store.Save(at, files.Found, "CW01", func(w io.Writer) error {
			for range 200 {
				if _, err := io.WriteString(w, strings.Repeat("x", 1000)); err != nil {
					return err
				}
				time.Sleep(50 * time.Microsecond)
			}
			_, err := io.WriteString(w, "whole")
			return err
		})
		if err != nil {
			panic(err)
		}
		_, _ = os.Stdout.WriteString("kept\n")
	}
}

// TestSaverKilled: killed in the midst of writing, nothing half written has a name, and
// what was said to be kept is there.
func TestSaverKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 10 {
		ns := testnet.New(t, testnet.Options{})
		cmd := ns.Command(os.Args[0])
		cmd.Env = append(os.Environ(), asSaver+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, 5)); err != nil { // one is kept
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) == 0 || len(entries) > 5+1 {
			t.Fatalf("%v %v", entries, err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil || !strings.HasSuffix(string(text), "whole") || len(text) != 200*1000+5 {
				t.Errorf("%s has %d bytes: %v", e.Name(), len(text), err)
			}
		}
	}
}
