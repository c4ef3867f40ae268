// SPDX-License-Identifier: Apache-2.0

package testnet

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// leakPatience is how long goroutines may take to end after the last test, even on a
// busy machine.
const leakPatience = 30 * time.Second

// Main runs a package's tests and ends the process, as TestMain must. If the tests
// pass but leave open files or goroutines behind that were not there before, the run
// fails.
func Main(m *testing.M) {
	before := takeInventory()
	code := m.Run()
	if leaks := before.leaks(leakPatience); code == 0 && len(leaks) > 0 {
		fmt.Fprintf(os.Stderr, "left behind by the tests:\n%s\n", strings.Join(leaks, "\n"))
		code = 1
	}
	os.Exit(code) //nolint:forbidigo // TestMain must
}

// An inventory is what a process has at one time: descriptors with the files that they
// refer to, and goroutines with their stacks.
type inventory struct {
	files, goroutines map[string]string
}

func takeInventory() inventory {
	return inventory{files: openFiles(), goroutines: goroutines()}
}

// leaks lists what the process has now and did not have at the inventory. It ignores
// what disappears within patience, because closing is often asynchronous.
func (before inventory) leaks(patience time.Duration) []string {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		now := takeInventory()
		found := append(added("descriptor", before.files, now.files), added("goroutine", before.goroutines, now.goroutines)...)
		if len(found) == 0 || time.Now().After(deadline) {
			return found
		}
	}
}

func added(what string, before, now map[string]string) (found []string) {
	for _, id := range slices.Sorted(maps.Keys(now)) {
		if before[id] == now[id] {
			continue
		}
		if _, known := before[id]; known && what == "goroutine" {
			continue // the same goroutine, at another place in its code
		}
		found = append(found, fmt.Sprintf("%s %s: %s", what, id, now[id]))
	}
	return found
}

// openFiles maps each descriptor to the file that it refers to; it is empty on systems
// that do not tell.
func openFiles() map[string]string {
	files := map[string]string{}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return files
	}
	for _, entry := range entries {
		target, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err != nil || runtimeOwns(target) {
			continue // closed meanwhile (such as the descriptor of this listing), or not ours
		}
		files[entry.Name()] = target
	}
	return files
}

// runtimeOwns reports whether the Go runtime opened the file and keeps it for good.
func runtimeOwns(target string) bool {
	return target == "anon_inode:[eventpoll]" || target == "anon_inode:[eventfd]"
}

// goroutines maps the number of each goroutine to its stack. It omits this goroutine
// and those that the standard library keeps for good.
func goroutines() map[string]string {
	buf := make([]byte, 64<<10)
	n := runtime.Stack(buf, true)
	for n == len(buf) {
		buf = make([]byte, 2*len(buf))
		n = runtime.Stack(buf, true)
	}
	found := map[string]string{}
	for i, block := range strings.Split(strings.TrimSpace(string(buf[:n])), "\n\n") {
		header, stack, _ := strings.Cut(block, "\n")
		if i == 0 || standing(stack) {
			continue
		}
		fields := strings.Fields(header) // the header is "goroutine 7 [running]:"
		found[fields[1]] = stack
	}
	return found
}

// standing reports whether the goroutine is meant to run until the process ends.
func standing(stack string) bool {
	for _, name := range []string{"os/signal.", "runtime.ensureSigM", "testing.(*M)", "testing.runFuzzing", "testing.runFuzzTests"} {
		if strings.Contains(stack, name) {
			return true
		}
	}
	return false
}
