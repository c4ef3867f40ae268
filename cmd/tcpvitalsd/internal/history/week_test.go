// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package history

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"
)

const (
	// weekEnv asks for a week of 60 series, before a release: 36 million samples.
	weekEnv = "HISTORY_WEEK"
	// readerEnv names the directory in which the test program looks when it is
	// started for that alone.
	readerEnv = "TCPVITALS_HISTORY_READER"
)

// The bounds of what the process that keeps a week of 60 series takes, in kB:
// when it was opened and written to, and after the heaviest question.
const (
	weekResident = 40 << 10
	weekQueried  = 90 << 10
)

// A week of the 60 series that are kept each second is there whole, takes little
// disk, and is opened and asked within the memory that the agent may take.
func TestWeek(t *testing.T) {
	if os.Getenv(weekEnv) == "" {
		t.Skipf("it takes a minute; before a release: %s=1", weekEnv)
	}
	dir := t.TempDir()
	db := open(t, Options{Dir: dir, Retention: 30 * 24 * time.Hour})
	w := db.Writer()
	points := make([]Point, 60)
	for s := range points {
		points[s] = point("a", 0, "series", strconv.Itoa(s))
	}
	const seconds = 7 * 24 * 3600
	for i := range seconds {
		for s := range points {
			points[s].Value = float64((i / (s + 1)) % (100 * (s + 1)))
		}
		put(t, w, moment.Add(time.Duration(i)*time.Second), points...)
		if i%7200 == 7199 {
			if err := db.db.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("disk: %d MB, %.2f bytes a sample", size(t, dir)>>20, float64(size(t, dir))/(60*seconds))
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), readerEnv+"="+dir, "GOMEMLIMIT=48MiB")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var opened, queried, samples int
	if _, err := fmt.Sscan(string(out), &opened, &queried, &samples); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("opened %d kB, after the heaviest question %d kB, %d samples", opened, queried, samples)
	if samples != 60*seconds || opened > weekResident || queried > weekQueried {
		t.Errorf("want %d samples, at most %d and %d kB", 60*seconds, weekResident, weekQueried)
	}
}

func size(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	err := filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// readWeek opens a week, writes on for a moment, asks for all of it, and prints
// its own resident memory after each (kB), and how many samples there are.
func readWeek(dir string) error {
	db, err := Open(Options{Dir: dir, Retention: 30 * 24 * time.Hour})
	if err != nil {
		return err
	}
	defer db.Close()
	end := moment.Add(7*24*time.Hour - time.Second)
	w := db.Writer()
	for i := 1; i <= 10; i++ {
		if err := w.Append(background(), end.Add(time.Duration(i)*time.Second), slices.Values([]Point{point("b", 1)})); err != nil {
			return err
		}
	}
	debug.FreeOSMemory()
	opened := resident()
	if _, err := askOver(background(), db, "sum(rate(a[5m]))", moment, end, 5*time.Minute); err != nil {
		return err
	}
	count, err := askAt(background(), db, "sum(count_over_time(a[8d]))", end)
	if err != nil {
		return err
	}
	fmt.Println(opened, resident(), int(count.Rows[0].Samples[0].Value))
	return nil
}

// resident is the resident memory of this process, in kB, with the pages of
// blocks that it has mapped.
func resident() int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	var kB int
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			_, _ = fmt.Sscan(string(rest), &kB)
		}
	}
	return kB
}
