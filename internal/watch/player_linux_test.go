// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// savedThrice saves a namespace three times, a minute apart as they say: with a
// listener, with two more, and with one.
func savedThrice(t *testing.T) (files []engine.Source) {
	t.Helper()
	ns := testnet.New(t, testnet.Options{})
	first := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	save := func(name string, at time.Time) {
		t.Helper()
		path := filepath.Join(t.TempDir(), name)
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		ns.Do(func() {
			var host *engine.Host
			if host, err = engine.Open(engine.Options{Name: "host"}); err != nil {
				return
			}
			_, err = host.Save(t.Context(), engine.SaveOptions{Now: at}, file)
			_ = host.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		src, err := engine.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = src.Close() })
		files = append(files, src)
	}
	listen := func() (l net.Listener) {
		t.Helper()
		var err error
		ns.Do(func() { l, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") })
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	a := listen()
	save("1.snap", first)
	b, c := listen(), listen()
	save("2.snap", first.Add(time.Minute))
	_, _ = a.Close(), b.Close()
	save("3.snap", first.Add(2*time.Minute))
	_ = c.Close()
	return files
}

// TestFilesAreWalkedThrough: saved machines are looks at the times when they were
// saved, forth and back, whatever their order on the command line.
func TestFilesAreWalkedThrough(t *testing.T) {
	files := savedThrice(t)
	c := newTerminal(t, 80, 24)
	o := c.options()
	o.Source, o.Files = nil, []engine.Source{files[2], files[0], files[1]}
	_, end := c.run(o)
	c.sees("3 of 3: ")
	c.sees("2026-11-29 12:02:00")
	c.sees("all 1 sockets")
	c.types("\x1b[D")
	c.sees("2 of 3: ")
	c.sees("all 3 sockets")
	c.types("\x1b[D")
	c.sees("12:00:00")
	c.sees("all 1 sockets")
	c.types("2")
	c.sees("LISTEN")
	c.types("\x1b[C")
	c.sees("12:01:00")
	c.types("/sport = :1\r")
	c.sees("0: sport = :1")
	c.types("\x1b")
	c.sees("all 3 sockets")
	c.types("k")
	c.sees("nothing can be closed here")
	c.types("q")
	if err := end(); err != nil {
		t.Fatal(err)
	}
}

// TestFilesFromATime: -t begins so long before the end; space plays on to it.
func TestFilesFromATime(t *testing.T) {
	c := newTerminal(t, 80, 24)
	o := c.options()
	o.Source, o.Files, o.Ago = nil, savedThrice(t), 90*time.Second
	o.Wait = func(ctx context.Context, _ time.Duration) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
			return nil
		}
	}
	_, end := c.run(o)
	c.sees("1 of 3: ")
	c.types(" ")
	c.sees("3 of 3: ")
	c.sees("all 1 sockets")
	c.types("q")
	if err := end(); err != nil {
		t.Fatal(err)
	}
}
