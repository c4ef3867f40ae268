// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// An event is one line of `go test -json` (go doc test2json). A line of build output
// has ImportPath in place of Package.
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

// A testID identifies a test, or with an empty test the package itself.
type testID struct{ pkg, test string }

// A count is how many tests ended how.
type count struct{ passed, failed, skipped int }

func (c count) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

// A summary counts test events and keeps the output of unfinished tests.
type summary struct {
	w      io.Writer
	output map[testID][]string
	count
	on     map[string]count // by kernel, for packages that internal/guest has tested on one
	broken bool             // a package failed, or a line was not an event
}

// add counts the end of a test.
func (s *summary) add(id testID, one count) {
	sum := func(to *count) {
		to.passed += one.passed
		to.failed += one.failed
		to.skipped += one.skipped
	}
	sum(&s.count)
	if kernel, _, ok := strings.Cut(id.pkg, ": "); ok {
		all := s.on[kernel]
		sum(&all)
		s.on[kernel] = all
	}
}

// line handles one line of input. A line that is not an event is printed as it is: it
// is the go command's message that it could not start.
func (s *summary) line(raw []byte) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		s.broken = true
		s.say("%s\n", raw)
		return
	}
	id := testID{e.Package, e.Test}
	switch e.Action {
	case "output":
		s.output[id] = append(s.output[id], e.Output)
	case "build-output":
		s.say("%s", e.Output)
	case "build-fail":
		s.broken = true
	case "pass", "fail", "skip":
		s.end(id, e)
		delete(s.output, id)
	}
}

// end handles the last event of a test or a package.
func (s *summary) end(id testID, e event) {
	if id.test == "" {
		s.endPackage(id, e)
		return
	}
	switch e.Action {
	case "pass":
		s.add(id, count{passed: 1})
	case "fail":
		s.add(id, count{failed: 1})
		s.say("%s", strings.Join(s.output[id], ""))
	case "skip":
		s.add(id, count{skipped: 1})
		s.say("skip  %s %s: %s\n", id.pkg, id.test, reason(s.output[id]))
	}
}

func (s *summary) endPackage(id testID, e event) {
	switch e.Action {
	case "pass":
		s.say("ok    %s %.2fs\n", id.pkg, e.Elapsed)
	case "fail":
		s.broken = true
		s.say("%sFAIL  %s %.2fs\n", strings.Join(s.output[id], ""), id.pkg, e.Elapsed)
	}
}

// reason is the message of a skipped test, without the lines that the testing package
// adds.
func reason(output []string) string {
	var said []string
	for _, line := range output {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = append(said, line)
		}
	}
	return strings.Join(said, " ")
}

// finish prints the counts and reports whether anything failed. A test without a last
// event (the run was cut short) counts as failed.
func (s *summary) finish() (failed bool) {
	for id, output := range s.output {
		if id.test != "" {
			s.add(id, count{failed: 1})
			s.say("%sFAIL  %s %s: never ended\n", strings.Join(output, ""), id.pkg, id.test)
		}
	}
	nothing := s.passed+s.failed+s.skipped == 0
	if s.broken && s.failed == 0 || nothing {
		s.failed++ // so that the last line does not claim success
	}
	for _, kernel := range slices.Sorted(maps.Keys(s.on)) {
		s.say("%s: %s\n", kernel, s.on[kernel])
	}
	s.say("%s\n", s.count)
	return s.failed > 0
}

// say prints to the user. It ignores errors: if the pipe is broken, nobody reads any
// more.
func (s *summary) say(format string, args ...any) { _, _ = fmt.Fprintf(s.w, format, args...) }
