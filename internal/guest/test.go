// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A test is the test binary of one package.
type test struct {
	pkg    string // import path
	dir    string // directory of its sources, in which it runs
	binary string
}

// binaries are the programs built for a processor: this program, which is /init in the
// guest, and the tests.
type binaries struct {
	init     string
	programs []string // the programs that units start, for boots with units
	tests    []test
}

// build compiles the tests of the packages, and this program, as static binaries.
func build(ctx context.Context, into, arch string, o options) (b binaries, err error) {
	into = filepath.Join(into, arch)
	if b.tests, err = buildTests(ctx, into, arch, o.packages); err != nil {
		return b, err
	}
	if slices.ContainsFunc(boots(), func(one boot) bool { return one.systemd && o.wanted(one) && b.has(one.only) }) {
		root, err := moduleRoot(ctx)
		if err != nil {
			return b, err
		}
		for _, name := range []string{"tcpvitals", "tcpvitalsd"} {
			program := filepath.Join(into, name)
			// In its own directory, because it may be a module of its own.
			if err := goFor(ctx, arch, "-C", filepath.Join(root, "cmd", name), "build", "-ldflags=-s -w", "-o", program, "."); err != nil {
				return b, err
			}
			b.programs = append(b.programs, program)
		}
	}
	b.init = filepath.Join(into, "init")
	return b, goFor(ctx, arch, "build", "-ldflags=-s -w", "-o", b.init, "github.com/tcpvitals/tcpvitals/internal/guest")
}

// has reports whether the tests of a package are among the binaries.
func (b binaries) has(pkg string) bool {
	return slices.ContainsFunc(b.tests, func(t test) bool { return strings.HasSuffix(t.pkg, "/"+pkg) })
}

// moduleRoot is the top directory of this source tree.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("go list -m: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// goFor runs the go command for a processor. It builds programs that need no shared
// library.
func goFor(ctx context.Context, arch string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+arch)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s: %w", args[0], err)
	}
	return nil
}

func buildTests(ctx context.Context, into, arch string, packages []string) ([]test, error) {
	list := exec.CommandContext(ctx, "go", append([]string{"list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}", "--"}, packages...)...)
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var tests []test
	args := []string{"test", "-c", "-ldflags=-s -w", "-o", into + "/"}
	for line := range strings.Lines(string(out)) {
		pkg, dir, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		tests = append(tests, test{pkg: pkg, dir: dir, binary: filepath.Join(into, filepath.Base(pkg)+".test")})
		args = append(args, pkg)
	}
	if len(tests) == 0 {
		return nil, fmt.Errorf("no tests in %s", strings.Join(packages, " "))
	}
	if err := os.MkdirAll(into, 0o755); err != nil {
		return nil, err
	}
	return tests, goFor(ctx, arch, args...)
}

// hangs is the time limit for the tests of one package, for those that hang; a guest
// beside running compilers is slow.
const hangs = 25 * time.Minute

// arguments are those of a test binary whose output test2json reads.
func (o options) arguments(m machine, pattern string) []string {
	return []string{
		"-test.v=test2json", "-test.paniconexit0", "-test.timeout=" + m.limit(hangs).String(), "-test.short=" + strconv.FormatBool(o.short),
		"-test.count=" + strconv.Itoa(o.count), "-test.run=" + pattern, "-test.skip=" + o.skip,
	}
}

// packTree packs this source tree, without built files, at the same path as on this
// machine: tests read their testdata, the pages, and the files of other tests.
func packTree(ctx context.Context, a *archive) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (d.Name()[0] == '.' || path == root+"/bin" || path == root+"/dist"):
			return filepath.SkipDir
		case d.IsDir():
			a.dir(path)
		case d.Type().IsRegular():
			a.copy(path, path)
		}
		return a.err
	})
}

// An eventWriter turns the output of one test binary into events like those of go test
// -json, with the kernel in the name of the package.
type eventWriter struct {
	cmd *exec.Cmd
	in  io.WriteCloser
}

func newEvents(ctx context.Context, to io.Writer, name string) (*eventWriter, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "test2json", "-t", "-p", name)
	cmd.Stdout, cmd.Stderr = &byLine{to: to}, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start test2json: %w", err)
	}
	return &eventWriter{cmd, in}, nil
}

func (e *eventWriter) Write(p []byte) (int, error) { return e.in.Write(p) }

// end records the binary's exit code, or why there is none. A binary that printed PASS
// but exited with another code, as after a leak, has failed.
func (e *eventWriter) end(code int, instead string) error {
	if code != 0 {
		if instead == "" {
			instead = fmt.Sprintf("exit status %d", code)
		}
		_, _ = fmt.Fprintf(e.in, "\n%s\n\x16FAIL\n", instead) // \x16 marks a line of the testing package; if test2json has ended, Wait returns its error
	}
	_ = e.in.Close()
	if err := e.cmd.Wait(); err != nil {
		return fmt.Errorf("test2json: %w", err)
	}
	return nil
}
