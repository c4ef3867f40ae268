// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// odd makes things that are not readable files, by the expected message.
func odd(t *testing.T, dir string) map[string]string {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, name) }
	large, err := os.Create(at("large"))
	for _, e := range []error{
		err, large.Truncate(longestWebFile + 1), large.Close(), syscall.Mkfifo(at("fifo"), 0o600), os.Symlink("/dev/zero", at("zero")), os.Symlink("fifo", at("link")),
		os.WriteFile(at("open"), nil, 0o600), os.Chmod(at("open"), 0o666), os.Mkdir(at("dir"), 0o700),
	} {
		if e != nil {
			t.Fatal(e)
		}
	}
	return map[string]string{
		"fifo": "regular", "zero": "regular", "link": "regular", "dir": "regular", "large": "larger", "open": "anybody may write", "missing": "no such file",
	}
}

// soon fails if a function blocks.
func soon(t *testing.T, what string, do func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		t.Fatalf("%s is waited for", what)
		return nil
	}
}

// TestWebFiles: the file of --web-config and the files that it names are checked
// before anything reads them, and errors use their own names.
func TestWebFiles(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if err := os.WriteFile(good, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	write := func(text string) string {
		name := filepath.Join(dir, "web.yml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	forms := []string{
		"tls_server_config:\n  cert_file: FILE\n", "tls_server_config:\n  cert_file: good\n  key_file: FILE\n", `{"tls_server_config": {client_ca_file: "FILE"}}`,
		"tls_server_config:\n  &a cert_file: good\n  key_file: &b FILE\n", "x: &x {key_file: FILE}\ntls_server_config:\n  <<: *x\n",
	}
	for name, want := range odd(t, dir) {
		said := map[string]func() error{"itself": func() error { return checkWebFiles(filepath.Join(dir, name)) }}
		for _, form := range forms {
			for _, path := range []string{name, "./x/../" + name, filepath.Join(dir, name)} {
				said[form+path] = func() error { return checkWebFiles(write(strings.Replace(form, "FILE", path, 1))) }
			}
		}
		for what, check := range said {
			err := soon(t, name+", "+what, check)
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s, %q: %v", name, what, err)
			}
			if chinese := problem.Wording(err, true); chinese == "" || err != nil && chinese == err.Error() {
				t.Errorf("%s has no Chinese: %s", name, chinese)
			}
		}
	}
	for _, text := range []string{"", "basic_auth_users:\n  a: b\n", "tls_server_config:\n  cert_file: good\n  key_file: " + good + "\n"} {
		if err := checkWebFiles(write(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"tls_server_config: [", "tls_server_config: 1", "tls_server_config:\n  cert_file: [a]\n"} {
		if err := checkWebFiles(write(text)); err == nil {
			t.Errorf("%q is right", text)
		}
	}
}

// TestWebFilesLater: if such a file becomes unreadable while the agent runs,
// connections are refused and one error is logged; when it is readable again,
// connections are accepted.
func TestWebFilesLater(t *testing.T) {
	dir := t.TempDir()
	name, cert := filepath.Join(dir, "web.yml"), filepath.Join(dir, "cert")
	put := func() {
		if err := os.WriteFile(cert, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put()
	if err := os.WriteFile(name, []byte("tls_server_config: {cert_file: cert}"), 0o600); err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	var logged bytes.Buffer
	l := &lookedAt{Listener: tcp, name: name, log: slog.New(slog.NewTextHandler(&logged, nil))}
	dial := func() net.Conn {
		c, err := net.Dial("tcp", tcp.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	accept := func() { // waits for the next successful connection
		if err := soon(t, "a connection", func() error {
			c, err := l.Accept()
			if err == nil {
				err = c.Close()
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	dial()
	accept()
	if err := os.Remove(cert); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(cert, 0o600); err != nil {
		t.Fatal(err)
	}
	refused := make(chan error)
	go func() {
		for range 2 {
			c := dial()
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
			_, err := c.Read(make([]byte, 1))
			refused <- err
		}
		_ = os.Remove(cert)
		put()
		dial()
		close(refused)
	}()
	done := make(chan bool)
	go func() { accept(); close(done) }()
	for err := range refused {
		if err == nil || os.IsTimeout(err) {
			t.Errorf("not refused: %v", err)
		}
	}
	<-done
	if n := strings.Count(logged.String(), "cert"); n != 1 {
		t.Errorf("logged %d times: %s", n, &logged)
	}
}
