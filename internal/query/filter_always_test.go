// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// TestEverythingLeavesNothingOut: a filter that is said to match every connection does
// so, for all possible connections; and a condition joined by "or" with its negation
// is recognized as such.
func TestEverythingLeavesNothingOut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var rows []*socket.Socket
	for len(rows) < 300 {
		s, _ := randomSocket(r)
		v, known := socket.FieldPID.Field().Value(s)
		owned := known && v.Kind() == socket.Number && s.Inode != 0
		if s.State != tcp.Listen && s.State != tcp.Bound && s.Local.Port() != 0 && s.Remote.Port() != 0 && owned {
			rows = append(rows, s)
		}
	}
	all := 0
	for range 4000 {
		text := randomFilter(r, 3)
		f, err := query.Parse(text, query.Options{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !f.Everything() {
			continue
		}
		all++
		for _, s := range rows {
			if f.Match(s) == query.No {
				t.Fatalf("%s leaves out %+v", text, s)
			}
		}
	}
	if all < 20 {
		t.Errorf("only %d are true for every connection", all)
	}
	for range 1000 {
		text := randomCondition(r)
		f, err := query.Parse(fmt.Sprintf("( %s ) or not ( %s )", text, text), query.Options{})
		if err != nil || !f.Everything() {
			t.Errorf("%s, or not: %v", text, err)
		}
	}
}

// TestEverythingEnds: that judgement takes no noticeable time, however long the filter
// is.
func TestEverythingEnds(t *testing.T) {
	var ports, words, nots []string
	for i := range 800 {
		ports = append(ports, fmt.Sprint(2*i+1))
		words = append(words, fmt.Sprintf("w%d", i))
		nots = append(nots, fmt.Sprintf("not (sport = %d and process = w%d and dport = %d and uid = %d)", i, i, i, i))
	}
	for _, text := range []string{
		"sport in (" + strings.Join(ports, ", ") + ")", "not sport in (" + strings.Join(ports, ", ") + ")",
		"process in (" + strings.Join(words, ", ") + ")", "netns in (" + strings.Join(words, ", ") + ") and process != x",
		strings.Join(nots, " and "), strings.Join(nots, " or "),
	} {
		f, err := query.Parse(text, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		f.Everything()
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%.60s...: %v", text, took)
		} else {
			t.Logf("%.60s...: %v", text, took)
		}
	}
}
