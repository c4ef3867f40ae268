// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// writerEnv names the directory that the test program fills when it is started
// for that alone.
const writerEnv = "TCPVITALS_HISTORY_WRITER"

// killsEnv is how often the writer is killed: 100 before a release.
const killsEnv = "HISTORY_KILLS"

func TestMain(m *testing.M) {
	for env, run := range map[string]func(string) error{writerEnv: write, readerEnv: readWeek} {
		if dir := os.Getenv(env); dir != "" {
			if err := run(dir); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// background is for the programs that are no test.
func background() context.Context { return context.Background() }

// write appends samples a second apart as fast as it can, and prints the number
// of each one after it was kept.
func write(dir string) error {
	db, err := Open(Options{Dir: dir})
	if err != nil {
		return err
	}
	w, first := db.Writer(), 0
	if db.newest > 0 {
		first = int(time.UnixMilli(db.newest).Sub(moment)/time.Second) + 1
	}
	for i := first; ; i++ {
		points := make([]Point, 60)
		for s := range points {
			points[s] = point("a", float64(i), "series", strconv.Itoa(s))
		}
		if err := w.Append(background(), moment.Add(time.Duration(i)*time.Second), slices.Values(points)); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

// Whenever the writer is killed, what it said to be kept is there afterwards.
func TestKilledWriterLosesNothing(t *testing.T) {
	kills := 5
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil {
		kills = n
	}
	dir := t.TempDir()
	for k := range kills {
		last := killWriter(t, dir, time.Duration(rand.IntN(300))*time.Millisecond)
		db := open(t, Options{Dir: dir})
		if d := db.Damage(); len(d) > 0 {
			t.Fatalf("kill %d: %v", k, d)
		}
		for _, i := range []int{0, last / 2, last} {
			at := moment.Add(time.Duration(i) * time.Second)
			if got := valueOf(t, db, fmt.Sprintf("count(a == %d)", i), at); got != 60 {
				t.Fatalf("kill %d: %v of 60 series have sample %d of %d", k, got, i, last)
			}
		}
		count := valueOf(t, db, fmt.Sprintf("count_over_time(a{series=\"7\"}[%ds])", last+2), moment.Add(time.Duration(last)*time.Second))
		if int(count) != last+1 {
			t.Fatalf("kill %d: %v samples, %d were kept", k, count, last+1)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killWriter lets the writer run for a moment after its first sample, and gives
// the number of the last one that it said to be kept.
func killWriter(t *testing.T, dir string, after time.Duration) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), writerEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if last < 0 {
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		}
		if last, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
	}
	_ = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL || last < 0 {
		t.Fatalf("the writer ended by itself: %v, after sample %d", cmd.ProcessState, last)
	}
	return last
}

// On a full disk a sample is not kept, and that is said; the ones before it are
// there, and the ones after there is room again.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=8m,mode=700"); err != nil {
		testnet.Skip(t, testnet.Root, "no right to mount: "+err.Error())
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	db := open(t, Options{Dir: dir})
	w := db.Writer()
	put(t, w, moment, point("a", 0))
	ballast := dir + "/lost+found"
	fill(t, ballast)
	var kept []int
	failed := 0
	for i := 1; i <= 1500; i++ {
		if i == 500 {
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
		}
		points := []Point{point("a", float64(i)), point("long", float64(i), "name", strings.Repeat(strconv.Itoa(i), 20))}
		switch err := w.Append(t.Context(), moment.Add(time.Duration(i)*time.Second), slices.Values(points)); {
		case err == nil:
			kept = append(kept, i)
		case strings.Contains(err.Error(), "no space left"):
			failed++
			if got := valueOf(t, db, "a", moment); got != 0 {
				t.Fatalf("full: what was kept before is %v", got)
			}
		default:
			t.Fatalf("sample %d: %v", i, err)
		}
	}
	if failed == 0 || len(kept) == 0 || kept[len(kept)-1] != 1500 {
		t.Fatalf("%d failed, %d kept", failed, len(kept))
	}
	check := func(when string) {
		for _, i := range kept {
			if got := valueOf(t, db, "a", moment.Add(time.Duration(i)*time.Second)); got != float64(i) {
				t.Fatalf("%s: sample %d is %v", when, i, got)
			}
		}
	}
	check("running")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, Options{Dir: dir})
	check("opened again")
}

// fill leaves no room on a file system.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for {
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			return
		}
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, "mode=700"); err != nil {
		testnet.Skip(t, testnet.Root, "no right to mount: "+err.Error())
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	if _, err := Open(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("%v", err)
	}
}
