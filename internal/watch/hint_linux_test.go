// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"slices"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestHintOfAHost: what is shown before the first look is an estimate of what is there,
// by the fields that the kernel can tell; by others it is by state, and says so.
func TestHintOfAHost(t *testing.T) {
	testnet.Require(t, testnet.BPF)
	ns := testnet.New(t, testnet.Options{PrivateHash: 4096})
	ns.Do(func() {
		near, far := pairs(t, 300)
		t.Cleanup(func() { reset(append(near, far...)...) })
	})
	host, err := engine.Open(engine.Options{Netns: ns.Path(), Stays: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	for by, lacks := range map[string]bool{"remote/16,state": false, "process,state": true} {
		keys, err := query.ParseKeys(by)
		if err != nil {
			t.Fatal(err)
		}
		var told *hint
		l := looker{source: host, hints: func(h *hint) { told = h }}
		l.hint(t.Context(), question{serial: 3, by: keys}, 0)
		if told == nil || told.serial != 3 || told.oneIn != 2 || told.lacks != lacks {
			t.Fatalf("by %s: %+v", by, told)
		}
		first := told.groups.At(0)
		last := len(first.Cells) - 1
		state := string(told.groups.Keys[last].Append(nil, first.Cells[last]))
		if state != tcp.Established.String() || first.Estimate == nil || first.Estimate.Low > 600 || first.Estimate.High < 600 {
			t.Errorf("by %s: %s %+v", by, state, first.Estimate)
		}
	}
}

// TestProgress: a count tells what it has after a while and then now and then, each time
// as it was.
func TestProgress(t *testing.T) {
	now := time.Unix(0, 0)
	var told []*hint
	l := looker{hints: func(h *hint) { told = append(told, h) }, now: func() time.Time { return now }}
	keys, err := query.ParseKeys("state")
	if err != nil {
		t.Fatal(err)
	}
	sums := query.NewGroups(query.GroupOptions{Keys: keys})
	step := l.progress(question{})
	for range 2048 {
		now = now.Add(time.Millisecond)
		sums.Add(&socket.Socket{State: tcp.TimeWait, Known: socket.FieldsOf(socket.FieldState)})
		step(sums)
	}
	var totals []uint64
	for _, h := range told {
		totals = append(totals, h.groups.Total)
	}
	if len(told) != 4 || totals[0] != 256 || totals[3] != 1792 {
		t.Errorf("told of %v", totals)
	}
}

// TestFirstSockets: the first sockets of a list are sent before it is known whose they
// are, and then with that, unless the filter has to know it before.
func TestFirstSockets(t *testing.T) {
	testnet.Require(t, testnet.Root)
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		near, far := pairs(t, 3)
		t.Cleanup(func() { reset(append(near, far...)...) })
	})
	host, err := engine.Open(engine.Options{Netns: ns.Path(), Stays: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	for text, want := range map[string][]bool{"state = established": {true, false}, `process = "watch.test"`: {false}} {
		filter, err := query.Parse(text, host.Names())
		if err != nil {
			t.Fatal(err)
		}
		var lacks []bool
		l := looker{source: host, now: time.Now, hints: func(h *hint) {
			lacks = append(lacks, h.lacks)
			if len(h.rows) != 6 {
				t.Errorf("%s: %d sockets", text, len(h.rows))
			}
			for _, s := range h.rows {
				if known := s.Owner != nil && s.Owner.Process != nil; known == h.lacks {
					t.Errorf("%s: the owner is known: %v, is said to be lacking: %v", text, known, h.lacks)
				}
			}
		}}
		if _, err := l.pass(question{filter: filter, rows: true})(t.Context(), nil, time.Now()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(lacks, want) {
			t.Errorf("%s: hints that lack owners: %v, want %v", text, lacks, want)
		}
	}
}
