// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// before are the parameters of the tests with their old values.
func before() map[string]string {
	return map[string]string{
		"net.core.somaxconn":           "4096",
		"net.ipv4.tcp_fin_timeout":     "60",
		"net.ipv4.tcp_keepalive_time":  "7200",
		"net.ipv4.ip_local_port_range": "32768\t60999",
	}
}

func after() map[string]string {
	return map[string]string{
		"net.core.somaxconn":           "8192",
		"net.ipv4.tcp_fin_timeout":     "30",
		"net.ipv4.tcp_keepalive_time":  "600",
		"net.ipv4.ip_local_port_range": "20000\t60999",
	}
}

func keys() []string { return slices.Sorted(maps.Keys(before())) }

// thePlan sets all of them to new values.
func thePlan() *plan.Plan {
	p := &plan.Plan{}
	for _, key := range keys() {
		p.Changes = append(p.Changes, plan.Change{
			Key: key, Value: strings.ReplaceAll(after()[key], "\t", " "), Was: strings.ReplaceAll(before()[key], "\t", " "), WasKnown: true,
			Reason: "a test", Accepted: true,
		})
	}
	return p
}

// noGuard is for tests in which no process is killed.
type noGuard struct{ fail error }

func (g noGuard) Start(int, time.Duration) error { return g.fail }
func (noGuard) Stop(int)                         {}

// A bench is a namespace and directories for one test. The test's goroutine is in the
// namespace.
type bench struct {
	t          testing.TB
	ns         *testnet.NS
	state, etc string
	foreign    map[string]string // files that are in etc from the beginning
	guard      change.Guard
	states     []string // all state directories that the bench has used
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, ns: testnet.New(t, testnet.Options{}), guard: noGuard{}}
	t.Cleanup(b.endGuards)
	b.ns.Enter()
	b.fresh(t.TempDir())
	return b
}

// memory returns a directory in memory if the machine has one: each of thousands of
// runs would wait for the disk some fifty times.
func memory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "tune-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// fresh starts again with the values of before.
func (b *bench) fresh(dir string) {
	b.t.Helper()
	b.state, b.etc = filepath.Join(dir, "state"), filepath.Join(dir, "sysctl.d")
	b.states = append(b.states, b.state)
	b.foreign = map[string]string{"10-distribution.conf": "# mine\nnet.ipv4.tcp_fin_timeout = 55\n"}
	must(b.t, os.MkdirAll(b.etc, 0o755))
	for name, text := range b.foreign {
		must(b.t, os.WriteFile(filepath.Join(b.etc, name), []byte(text), 0o600))
	}
	b.set(before())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) set(values map[string]string) {
	b.t.Helper()
	for key, value := range values {
		must(b.t, os.WriteFile(procFile(key), []byte(value), 0))
	}
}

func procFile(key string) string { return "/proc/sys/" + strings.ReplaceAll(key, ".", "/") }

// live reads the present values, byte for byte.
func (b *bench) live() map[string]string {
	b.t.Helper()
	values := map[string]string{}
	for _, key := range keys() {
		text, err := os.ReadFile(procFile(key))
		must(b.t, err)
		values[key] = strings.TrimSuffix(string(text), "\n")
	}
	return values
}

// files reads all files in etc.
func (b *bench) files() map[string]string {
	b.t.Helper()
	entries, err := os.ReadDir(b.etc)
	must(b.t, err)
	found := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(b.etc, entry.Name()))
		must(b.t, err)
		found[entry.Name()] = string(text)
	}
	return found
}

func (b *bench) options(calls change.Calls) change.Options {
	return change.Options{StateDir: b.state, EtcDir: b.etc, Guard: b.guard, Now: time.Now, Calls: calls, User: "tester", Patience: patience}
}

func (b *bench) engine() *change.Changer { return change.New(b.options(nil)) }

func (b *bench) apply(within time.Duration) *change.Change {
	b.t.Helper()
	c, err := b.engine().Apply(context.Background(), thePlan(), change.ApplyOptions{Within: within})
	must(b.t, err)
	return c
}

// newest is the status of the last change, nil if there is none.
func (b *bench) newest() *change.Status {
	b.t.Helper()
	all, err := b.engine().Statuses(context.Background())
	must(b.t, err)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

func (b *bench) wantLive(want map[string]string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.live()); diff != "" {
		b.t.Errorf("live values (-want +got)\n%s", diff)
	}
}

func (b *bench) wantState(want change.State) {
	b.t.Helper()
	if s := b.newest(); s == nil || s.State != want {
		b.t.Errorf("status %+v, want %s", s, want)
	}
}

func (b *bench) wantNoFile() {
	b.t.Helper()
	if diff := cmp.Diff(b.foreign, b.files()); diff != "" {
		b.t.Errorf("files (-want +got)\n%s", diff)
	}
}

const dropIn = "99-tcpvitals-0001.conf"

// TestLife: apply, confirm, roll back.
func TestLife(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	c := b.apply(time.Hour)
	b.wantLive(after())
	b.wantState(change.Pending)
	b.wantNoFile()
	if c.ID != 1 || c.User != "tester" || c.Netns.Inode != b.ns.Inode() || c.Deadline == nil {
		t.Errorf("%+v", c.Header)
	}

	_, err := b.engine().Confirm(ctx, 1, false)
	must(t, err)
	b.wantLive(after())
	b.wantState(change.Confirmed)
	if diff := cmp.Diff(wholeDropIn, b.files()[dropIn]); diff != "" || len(b.files()) != 2 {
		t.Errorf("file (-want +got)\n%s%v", diff, b.files())
	}

	_, err = b.engine().Rollback(ctx, 0, false)
	must(t, err)
	b.wantLive(before())
	b.wantState(change.RolledBack)
	b.wantNoFile()
	for name, err := range map[string]error{
		"rollback": func() error { _, err := b.engine().Rollback(ctx, 1, false); return err }(),
		"confirm":  func() error { _, err := b.engine().Confirm(ctx, 1, false); return err }(),
		"no such":  func() error { _, err := b.engine().Rollback(ctx, 9, false); return err }(),
	} {
		if _, ok := errors.AsType[*change.EndedError](err); !ok {
			t.Errorf("%s of what has ended: %v", name, err)
		}
	}
}

// TestAgain: the next change gets the next number; a plan whose values are set already
// makes no change.
func TestAgain(t *testing.T) {
	b := newBench(t)
	b.apply(0)
	b.wantState(change.Applied)
	p := thePlan()
	for i := range p.Changes {
		p.Changes[i].WasKnown = false
	}
	if c, err := b.engine().Apply(context.Background(), p, change.ApplyOptions{}); c != nil || err != nil {
		t.Errorf("again: %+v, %v", c, err)
	}
	p.Changes = p.Changes[:1]
	p.Changes[0].Value = "16384"
	c, err := b.engine().Apply(context.Background(), p, change.ApplyOptions{})
	if err != nil || c.ID != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	_, err = b.engine().Rollback(context.Background(), 0, false)
	must(t, err)
	b.wantLive(after())
	_, err = b.engine().Rollback(context.Background(), 0, false)
	must(t, err)
	b.wantLive(before())
}

// TestRefused: if a part of a plan is impossible, nothing is written.
func TestRefused(t *testing.T) {
	b := newBench(t)
	for _, test := range []struct {
		name   string
		change plan.Change
		want   string
	}{
		{"missing", plan.Change{Key: "net.ipv4.tcp_tw_recycle", Value: "1", Accepted: true}, "refused: removed in Linux 4.12"},
		{"initial namespace only", plan.Change{Key: "net.ipv4.tcp_mem", Value: "1 2 3", Accepted: true}, "it exists in the initial network namespace only"},
		{"read-only", plan.Change{Key: "net.core.rmem_max", Value: "9000000", Accepted: true}, "read-only here"},
		{"EINVAL", plan.Change{Key: "net.ipv4.tcp_syn_retries", Value: "128", Accepted: true}, "the kernel takes 1..127"},
		{"unsafe", plan.Change{Key: "net.ipv4.tcp_syncookies", Value: "0"}, "accept-risk net.ipv4.tcp_syncookies"},
		{"changed since", plan.Change{Key: "net.ipv4.tcp_syn_retries", Value: "5", Was: "4", WasKnown: true}, "it was 4 when the plan was made and is 6 now"},
		{"the host's", plan.Change{Key: "fs.file-max", Value: "99999999", Accepted: true}, "belongs to the whole host"},
		{"out of /proc/sys", plan.Change{Key: "net.//.//.etc/x", Value: "1", Accepted: true}, "no name of a parameter"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := thePlan()
			test.change.Line = 7
			p.Changes = append(p.Changes, test.change)
			b.ns.Do(func() {
				c, err := b.engine().Apply(context.Background(), p, change.ApplyOptions{})
				refused, ok := errors.AsType[*change.RefusedError](err)
				if c != nil || !ok || len(refused.Problems) != 1 || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "line 7: ") {
					t.Errorf("%v\nwant %s", err, test.want)
				}
				b.wantLive(before())
			})
		})
	}
	if s := b.newest(); s != nil {
		t.Errorf("a change was begun: %+v", s)
	}
}

// TestKernelRefuses: a value that only the kernel knows to be wrong fails at write(2),
// and everything written before is taken back.
func TestKernelRefuses(t *testing.T) {
	b := newBench(t)
	b.set(map[string]string{"net.ipv4.ip_unprivileged_port_start": "15000"})
	p := thePlan()
	p.Changes = append(p.Changes[2:], p.Changes[:2]...) // moves the range to the end
	p.Changes[3].Value, p.Changes[3].Accepted = "12000 60999", true
	_, err := b.engine().Apply(context.Background(), p, change.ApplyOptions{})
	if err == nil || !strings.Contains(err.Error(), "invalid argument; everything is as it was before") {
		t.Errorf("%v", err)
	}
	b.wantLive(before())
	b.wantState(change.Failed)
	records := b.newest().Records
	if why := records[len(records)-1].Reason(); !strings.Contains(why.En, "invalid argument") || why.Zh == "" || strings.Contains(why.Zh, "the kernel") {
		t.Errorf("the reason in the journal: %+v", why)
	}
}

// TestForeign: a value that somebody else has set is left alone unless requested.
func TestForeign(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.apply(time.Hour)
	b.set(map[string]string{"net.core.somaxconn": "512"})
	mixed := after()
	mixed["net.core.somaxconn"] = "512"
	for name, try := range map[string]func() error{
		"confirm":  func() error { _, err := b.engine().Confirm(ctx, 0, false); return err },
		"rollback": func() error { _, err := b.engine().Rollback(ctx, 0, false); return err },
	} {
		err := try()
		if foreign, ok := errors.AsType[*change.ForeignError](err); !ok || len(foreign.What) != 1 {
			t.Errorf("%s: %v", name, err)
		}
		b.wantLive(mixed)
		b.wantState(change.Pending)
	}
	// The guard cannot ask anybody: it takes back the values that are still this
	// change's.
	must(t, b.engine().Attend(ctx, 1, time.Millisecond))
	mixed = before()
	mixed["net.core.somaxconn"] = "512"
	b.wantLive(mixed)
	s := b.newest()
	last := s.Records[len(s.Records)-1]
	if s.State != change.Expired || !slices.Equal(last.Kept, []string{"net.core.somaxconn"}) {
		t.Errorf("%s, %+v", s.State, last)
	}
}

func TestForce(t *testing.T) {
	b := newBench(t)
	b.apply(0)
	b.set(map[string]string{"net.core.somaxconn": "512"})
	_, err := b.engine().Rollback(context.Background(), 0, true)
	must(t, err)
	b.wantLive(before())
}

// TestEdited: a file that somebody has edited is not removed.
func TestEdited(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	b.apply(0)
	_, err := b.engine().Confirm(ctx, 0, false)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(b.etc, dropIn), []byte("mine"), 0o600))
	if s := b.newest(); s.File != change.FileEdited {
		t.Errorf("file %q", s.File)
	}
	if _, err := b.engine().Rollback(ctx, 0, false); err == nil {
		t.Error("an edited file was removed")
	}
	b.wantLive(after())
	_, err = b.engine().Rollback(ctx, 0, true)
	must(t, err)
	b.wantLive(before())
	b.wantNoFile()
}

// TestPlaceIsTaken: a change never writes through something that is already in the
// place of its file or its draft: a link, a pipe, another name of a file.
func TestPlaceIsTaken(t *testing.T) {
	for name, put := range map[string]func(victim, at string) error{
		"link":      os.Symlink,
		"hard link": os.Link,
		"pipe":      func(_, at string) error { return unix.Mkfifo(at, 0o666) },
		"file":      func(_, at string) error { return os.WriteFile(at, []byte("left by a crash"), 0o600) },
	} {
		for _, place := range []string{"." + dropIn + ".new", dropIn} {
			t.Run(name+" at "+place, func(t *testing.T) {
				b := newBench(t)
				b.apply(0)
				victim := filepath.Join(t.TempDir(), "victim")
				must(t, os.WriteFile(victim, []byte("precious"), 0o600))
				must(t, put(victim, filepath.Join(b.etc, place)))
				done := make(chan error, 1)
				go b.ns.Do(func() { _, err := b.engine().Confirm(context.Background(), 0, false); done <- err })
				select {
				case err := <-done:
					info, lost := os.Lstat(filepath.Join(b.etc, dropIn))
					if err == nil && (lost != nil || !info.Mode().IsRegular()) {
						t.Errorf("confirmed, and the file is %v, %v", info, lost)
					}
				case <-time.After(patience):
					t.Fatal("it waits for whoever is at the other end")
				}
				if text, err := os.ReadFile(victim); err != nil || string(text) != "precious" {
					t.Errorf("the victim is %q, %v", text, err)
				}
			})
		}
	}
}

// TestOverlap: taking back a waiting change must not undo another one.
func TestOverlap(t *testing.T) {
	b := newBench(t)
	b.apply(time.Hour)
	p := &plan.Plan{Changes: []plan.Change{{Key: "net.core.somaxconn", Value: "16384"}}}
	if _, err := b.engine().Apply(context.Background(), p, change.ApplyOptions{}); err == nil || !strings.Contains(err.Error(), "change 1 of it waits to be confirmed") {
		t.Errorf("%v", err)
	}
	b.wantLive(after())
}

// TestReboot: an unconfirmed change ends with a reboot, and values chosen after it are
// not overwritten.
func TestReboot(t *testing.T) {
	b := newBench(t)
	b.apply(time.Hour)
	b.set(before()) // a reboot sets these values
	b.set(map[string]string{"net.core.somaxconn": "8192"})
	o := b.options(nil)
	o.Boot = "another-run"
	all, err := change.New(o).Statuses(context.Background())
	must(t, err)
	if all[0].State != change.Rebooted {
		t.Errorf("status %s", all[0].State)
	}
	if _, err := change.New(o).Rollback(context.Background(), 1, false); err == nil {
		t.Error("the new run's values were rolled back")
	}
	want := before()
	want["net.core.somaxconn"] = "8192"
	b.wantLive(want)
}

// TestGuardMissing: without a guard nothing is written.
func TestGuardMissing(t *testing.T) {
	b := newBench(t)
	b.guard = noGuard{fail: fs.ErrClosed}
	if _, err := b.engine().Apply(context.Background(), thePlan(), change.ApplyOptions{Within: time.Minute}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("%v", err)
	}
	b.wantLive(before())
	b.wantState(change.Failed)
}

// TestOverdue: the next command takes back what the guard should have taken back.
func TestOverdue(t *testing.T) {
	b := newBench(t)
	b.apply(time.Millisecond)
	time.Sleep(5 * time.Millisecond)
	if s := b.newest(); !s.Overdue || s.State != change.Pending {
		t.Errorf("%s, overdue %v", s.State, s.Overdue)
	}
	if _, err := b.engine().Confirm(context.Background(), 0, false); err == nil {
		t.Error("confirmed too late")
	}
	b.wantLive(before())
	b.wantState(change.Expired)
}

// TestDamaged: a damaged journal is not interpreted by guessing, and its content is
// used only where a plan could have requested it.
func TestDamaged(t *testing.T) {
	const begin = `{"step":"begin","change":{"version":1,"id":1,"boot":"b","netns":{"name":"self","inode":4026532600},"settings":[{"key":"net.core.somaxconn","old":"4096","new":"8192"}]}}` + "\n"
	for name, text := range map[string]string{
		"no JSON":        begin + "xx\n",
		"cut off":        begin[:len(begin)-20],
		"no end of line": begin[:len(begin)-1],
		"nothing":        "",
		"zeros":          begin + "\x00\x00\x00\n",
		"wrong order":    "{\"step\":\"applied\"}\n",
		"newer version":  strings.Replace(begin, `"version":1`, `"version":99`, 1),
		"no version":     strings.Replace(begin, `"version":1,`, "", 1),
		"begins twice":   begin + begin,
		"begins without": "{\"step\":\"begin\"}\n",
		"another number": strings.Replace(begin, `"id":1`, `"id":2`, 1),
		"another file":   strings.Replace(begin, `"boot"`, `"persist":"/etc/passwd","boot"`, 1),
		"file beside":    strings.Replace(begin, `"boot"`, `"persist":"/etc/sysctl.d/99-tcpvitals-0002.conf","boot"`, 1),
		"up the tree":    strings.Replace(begin, "net.core.somaxconn", "net.//.//.//.tmp.h.attack.victim2", 1),
		"dots":           strings.Replace(begin, "net.core.somaxconn", "net/../../kernel/core_pattern", 1),
		"key of a line":  strings.Replace(begin, "net.core.somaxconn", `net.core.somaxconn\n`, 1),
		"value of lines": strings.Replace(begin, "4096", `4096\nx`, 1),
		"nothing set":    strings.Replace(begin, `{"key":"net.core.somaxconn","old":"4096","new":"8192"}`, "", 1),
		"another key":    begin + `{"step":"write","key":"net.ipv4.tcp_syncookies"}` + "\n",
		"no such step":   begin + `{"step":"remove"}` + "\n",
		"no file of it":  begin + `{"step":"persist","file":"/etc/passwd"}` + "\n",
		"a file at all":  begin + `{"step":"persist"}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "change-0001.journal"), []byte(text), 0o600))
			wantDamaged(t, dir)
		})
	}
	for name, make := range map[string]func(file string) error{
		"directory": func(file string) error { return os.Mkdir(file, 0o755) },
		"FIFO":      func(file string) error { return unix.Mkfifo(file, 0o644) },
		"link": func(file string) error {
			return errors.Join(os.WriteFile(file+".x", []byte(begin), 0o600), os.Symlink(file+".x", file))
		},
		"of others": func(file string) error {
			return errors.Join(os.WriteFile(file, []byte(begin), 0o600), os.Chown(file, 4242, 0))
		},
		"for others": func(file string) error {
			return errors.Join(os.WriteFile(file, []byte(begin), 0o600), os.Chmod(file, 0o622))
		},
		"long": func(file string) error { return os.WriteFile(file, []byte(begin+strings.Repeat("\n", 9<<20)), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, make(filepath.Join(dir, "change-0001.journal")))
			wantDamaged(t, dir)
		})
	}
}

// wantDamaged checks that change 1 is reported as having an untrusted journal and is
// left alone.
func wantDamaged(t *testing.T, dir string) {
	t.Helper()
	e := change.New(change.Options{StateDir: dir, Guard: noGuard{}, Now: time.Now, Patience: patience})
	all, err := e.Statuses(context.Background())
	if err != nil || len(all) != 1 || all[0].ID != 1 || all[0].State != change.Damaged || len(all[0].Gaps) != 1 || !strings.Contains(all[0].Gaps[0].Source, "change-0001.journal") {
		t.Errorf("%+v, %v", all, err)
	}
	var broken *change.Broken
	if _, err := e.Rollback(context.Background(), 1, true); !errors.As(err, &broken) || broken.Hint() == "" {
		t.Errorf("taken back: %v", err)
	}
	var ended *change.EndedError
	if _, err := e.Confirm(context.Background(), 0, true); !errors.As(err, &ended) {
		t.Errorf("confirmed: %v", err)
	}
}

// TestDamagedBeside: a damaged journal does not prevent other changes, except of the
// parameters that it names.
func TestDamagedBeside(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	first := b.apply(0)
	text, err := os.ReadFile(filepath.Join(b.state, "change-0001.journal"))
	must(t, err)
	text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte(`"id":1`), []byte(`"id":2`)), []byte("0001.conf"), []byte("0002.conf"))
	must(t, os.WriteFile(filepath.Join(b.state, "change-0002.journal"), append(text, 0, 0, '\n'), 0o644))
	p, err := plan.Parse("x", "#: tcpvitals-plan 1\nnet.ipv4.tcp_keepalive_probes = 8\n")
	must(t, err)
	other, err := b.engine().Apply(ctx, p, change.ApplyOptions{})
	if err != nil || other.ID != 3 {
		t.Fatalf("another parameter: %+v, %v", other, err)
	}
	_, err = b.engine().Rollback(ctx, 3, false)
	must(t, err)
	_, err = b.engine().Rollback(ctx, first.ID, false)
	must(t, err)
	b.wantLive(before())
	var refused *change.RefusedError
	if _, err := b.engine().Apply(ctx, thePlan(), change.ApplyOptions{Force: true}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "change-0002.journal") {
		t.Errorf("what the damaged one has set: %v", err)
	}
	b.wantLive(before())
}

// TestStateDirectory: a directory to which others could have written is not used.
func TestStateDirectory(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"of others":  func(dir string) error { return os.Chown(dir, 4242, 4242) },
		"for others": func(dir string) error { return os.Chmod(dir, 0o777) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.apply(0)
			must(t, spoil(b.state))
			_, status := b.engine().Statuses(context.Background())
			_, rollback := b.engine().Rollback(context.Background(), 0, false)
			for _, err := range []error{status, rollback} {
				if refused, ok := errors.AsType[*problem.PermissionError](err); !ok || refused.Hint == "" {
					t.Errorf("%v", err)
				}
			}
			b.wantLive(after())
		})
	}
}

// TestStateDirectoryAbove: journals are not trusted if others could replace their
// directory or any directory above it.
func TestStateDirectoryAbove(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"of others":  func(dir string) error { return os.Chown(dir, 4242, 4242) },
		"for others": func(dir string) error { return os.Chmod(dir, 0o777) },
		"for group":  func(dir string) error { return os.Chmod(dir, 0o775) },
		"a link of others": func(dir string) error {
			return errors.Join(os.Rename(dir, dir+".x"), os.Symlink(dir+".x", dir), os.Lchown(dir, 4242, 4242))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			above := filepath.Join(t.TempDir(), "a")
			must(t, os.MkdirAll(filepath.Join(above, "b"), 0o755))
			b.state = filepath.Join(above, "b/c/tune")
			b.apply(0)
			must(t, spoil(above))
			_, status := b.engine().Statuses(context.Background())
			_, rollback := b.engine().Rollback(context.Background(), 0, false)
			for _, err := range []error{status, rollback} {
				if refused, ok := errors.AsType[*problem.PermissionError](err); !ok || refused.Hint == "" || !strings.Contains(err.Error(), above) {
					t.Errorf("%v", err)
				}
			}
			b.wantLive(after())
		})
	}
	// A directory that only the user can rename is as safe as the user's own.
	b := newBench(t)
	sticky := filepath.Join(t.TempDir(), "tmp")
	must(t, os.Mkdir(sticky, 0o755))
	must(t, os.Chmod(sticky, 0o777|os.ModeSticky))
	b.state = filepath.Join(sticky, "tune")
	b.apply(0)
	if _, err := b.engine().Statuses(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestLastNumber: no change gets a number under which it would not be found.
func TestLastNumber(t *testing.T) {
	b := newBench(t)
	must(t, os.MkdirAll(b.state, 0o755))
	must(t, os.WriteFile(filepath.Join(b.state, "change-999999999.journal"), []byte("x\n"), 0o600))
	var refused *change.RefusedError
	if _, err := b.engine().Apply(context.Background(), thePlan(), change.ApplyOptions{}); !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
	b.wantLive(before())
}

// TestClockIsSet: the deadline is by a clock that cannot be set and that runs while
// the machine sleeps.
func TestClockIsSet(t *testing.T) {
	b := newBench(t)
	up, now := time.Hour, time.Now()
	o := b.options(nil)
	o.SinceBoot = func() (time.Duration, error) { return up, nil }
	o.Now = func() time.Time { return now }
	at := func() *change.Status {
		all, err := change.New(o).Statuses(context.Background())
		must(t, err)
		return all[len(all)-1]
	}
	_, err := change.New(o).Apply(context.Background(), thePlan(), change.ApplyOptions{Within: 10 * time.Minute})
	must(t, err)
	for _, step := range []time.Duration{24 * time.Hour, -24 * time.Hour} {
		now = now.Add(step)
		up += time.Minute
		if s := at(); s.Overdue || s.State != change.Pending || s.Ends.Sub(now) > 10*time.Minute || s.Ends.Sub(now) < 7*time.Minute {
			t.Errorf("the clock was set by %v: %s, overdue %v, ends in %v", step, s.State, s.Overdue, s.Ends.Sub(now))
		}
	}
	up += 9 * time.Minute // asleep: the other clock stands still
	if s := at(); !s.Overdue {
		t.Errorf("11 minutes later: %s, overdue %v", s.State, s.Overdue)
	}
	if _, err := change.New(o).Confirm(context.Background(), 0, false); err == nil {
		t.Error("confirmed too late")
	}
	b.wantLive(before())
	b.wantState(change.Expired)
}

// TestGuardSleeps: a guard on a machine that has slept past the deadline takes back at
// once.
func TestGuardSleeps(t *testing.T) {
	b := newBench(t)
	c := b.apply(time.Hour)
	var slept atomic.Int64
	o := b.options(nil)
	o.SinceBoot = func() (time.Duration, error) { return time.Duration(slept.Load()), nil }
	done := make(chan error, 1)
	go b.ns.Do(func() { done <- change.New(o).Attend(context.Background(), c.ID, time.Hour) })
	time.Sleep(100 * time.Millisecond)
	slept.Store(int64(2 * time.Hour))
	select {
	case err := <-done:
		must(t, err)
	case <-time.After(20 * time.Second):
		t.Fatal("the guard waits for an hour that is over")
	}
	b.wantLive(before())
}

// TestStateDirectoryMoves: the guard works even if the directory of the journal is
// moved or removed.
func TestStateDirectoryMoves(t *testing.T) {
	for name, lose := range map[string]func(dir string) error{
		"moved":   func(dir string) error { return os.Rename(dir, dir+".elsewhere") },
		"removed": os.RemoveAll,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			c := b.apply(time.Hour)
			done := make(chan error, 1)
			go b.ns.Do(func() { done <- b.engine().Attend(context.Background(), c.ID, 3*time.Second) })
			time.Sleep(1500 * time.Millisecond)
			must(t, lose(b.state))
			select {
			case err := <-done:
				if name == "moved" {
					must(t, err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("the guard has not ended")
			}
			b.wantLive(before())
		})
	}
}

// ExampleChanger_Statuses shows what every face shows about a change.
func ExampleChanger_Statuses() {
	e := change.New(change.Options{StateDir: "/nonexistent", Guard: noGuard{}, Now: time.Now})
	all, err := e.Statuses(context.Background())
	fmt.Println(len(all), err)
	// Output: 0 <nil>
}
