// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
	"github.com/tcpvitals/tcpvitals/internal/tune/plan"
)

// The parameters of the tests, each with its value before and after.
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

// thePlan sets all of them.
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

// noGuard is for tests in which nobody dies.
type noGuard struct{ fail error }

func (g noGuard) Start(int, time.Duration) error { return g.fail }
func (noGuard) Stop(int)                         {}

// A bench is a namespace and directories of the test's own. The test's own
// goroutine is in the namespace.
type bench struct {
	t          testing.TB
	ns         *testnet.NS
	state, etc string
	foreign    map[string]string // what lies in etc from the beginning
	guard      change.Guard
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, ns: testnet.New(t, testnet.Options{}), guard: noGuard{}}
	b.ns.Enter()
	b.fresh(t.TempDir())
	return b
}

// memory returns a directory in memory where there is one: thousands of runs
// wait for the disk some fifty times each.
func memory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "tune-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// fresh begins anew, with the values of before.
func (b *bench) fresh(dir string) {
	b.t.Helper()
	b.state, b.etc = filepath.Join(dir, "state"), filepath.Join(dir, "sysctl.d")
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

// live reads the values as they are, byte for byte.
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

// files reads all that lies in etc.
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

func (b *bench) engine() *change.Engine { return change.New(b.options(nil)) }

func (b *bench) apply(within time.Duration) *change.Change {
	b.t.Helper()
	c, err := b.engine().Apply(context.Background(), thePlan(), change.ApplyOptions{Within: within})
	must(b.t, err)
	return c
}

// newest is the status of the change that was begun last, nil when there is none.
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

// TestAgain: the next change has the next number; a plan that is true already
// makes none.
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

// TestRefused: nothing is written when one part of a plan cannot be done.
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

// TestKernelRefuses: what only the kernel knows to be wrong is found at write(2),
// and all that was written before is taken back.
func TestKernelRefuses(t *testing.T) {
	b := newBench(t)
	b.set(map[string]string{"net.ipv4.ip_unprivileged_port_start": "15000"})
	p := thePlan()
	p.Changes = append(p.Changes[2:], p.Changes[:2]...) // the range last
	p.Changes[3].Value, p.Changes[3].Accepted = "12000 60999", true
	_, err := b.engine().Apply(context.Background(), p, change.ApplyOptions{})
	if err == nil || !strings.Contains(err.Error(), "invalid argument; everything is as it was before") {
		t.Errorf("%v", err)
	}
	b.wantLive(before())
	b.wantState(change.Failed)
}

// TestForeign: what somebody else has set is left alone, unless asked.
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
	// The guard has nobody to ask: it takes back what is still ours.
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

// TestOverlap: the way back of a change that waits must not lead over another.
func TestOverlap(t *testing.T) {
	b := newBench(t)
	b.apply(time.Hour)
	p := &plan.Plan{Changes: []plan.Change{{Key: "net.core.somaxconn", Value: "16384"}}}
	if _, err := b.engine().Apply(context.Background(), p, change.ApplyOptions{}); err == nil || !strings.Contains(err.Error(), "change 1 of it waits to be confirmed") {
		t.Errorf("%v", err)
	}
	b.wantLive(after())
}

// TestReboot: what was not confirmed has ended with the machine's last run, and
// nothing is restored that the new run has chosen.
func TestReboot(t *testing.T) {
	b := newBench(t)
	b.apply(time.Hour)
	b.set(before()) // as a boot does
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

// TestGuardMissing: without a way back nothing is written.
func TestGuardMissing(t *testing.T) {
	b := newBench(t)
	b.guard = noGuard{fail: fs.ErrClosed}
	if _, err := b.engine().Apply(context.Background(), thePlan(), change.ApplyOptions{Within: time.Minute}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("%v", err)
	}
	b.wantLive(before())
	b.wantState(change.Failed)
}

// TestOverdue: whoever comes next takes back what the guard should have.
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

// TestDamaged: a journal is not guessed at.
func TestDamaged(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":        "{\"step\":\"begin\",\"change\":{}}\nxx\n",
		"wrong order":    "{\"step\":\"applied\"}\n",
		"newer version":  "{\"step\":\"begin\",\"change\":{\"version\":99}}\n",
		"begins twice":   "{\"step\":\"begin\",\"change\":{}}\n{\"step\":\"begin\",\"change\":{}}\n",
		"begins without": "{\"step\":\"begin\"}\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "change-0001.journal"), []byte(text), 0o600))
			e := change.New(change.Options{StateDir: dir, Guard: noGuard{}, Now: time.Now})
			if _, err := e.Statuses(context.Background()); !errors.Is(err, change.ErrDamaged) {
				t.Errorf("%v", err)
			}
		})
	}
}

// ExampleEngine_Statuses is what every face shows of a change.
func ExampleEngine_Statuses() {
	e := change.New(change.Options{StateDir: "/nonexistent", Guard: noGuard{}, Now: time.Now})
	all, err := e.Statuses(context.Background())
	fmt.Println(len(all), err)
	// Output: 0 <nil>
}
