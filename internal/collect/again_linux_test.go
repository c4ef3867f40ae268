// SPDX-License-Identifier: Apache-2.0

package collect

import (
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestReadAgain: the kernel can say that a dump was disturbed; collect then reads
// again, and the result is that of one undisturbed reading.
func TestReadAgain(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		for range 3 {
			c, err := net.Dial("tcp4", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
		}
		testnet.Delivered(t)
	})
	looks := []struct {
		name string
		make func() (v engine.Again, told func() any)
		scan engine.Scan
	}{
		{"queues", func() (engine.Again, func() any) {
			l := &QueueLook{}
			return l, func() any { return diagnose.JudgeQueues(&l.Reading, nil, 0) }
		}, engine.Scan{Fields: diagnose.QueueFields()}},
		{"ports", func() (engine.Again, func() any) {
			l := &PortLook{}
			l.Reading.Within = time.Hour
			l.Reset()
			return l, func() any { return []any{diagnose.JudgePorts(&l.Reading, nil, 0), l.Reading.Within, l.Gaps} }
		}, engine.Scan{Fields: diagnose.PortFields()}},
		{"doctor", func() (engine.Again, func() any) {
			x := &examiner{Examination: Examination{CrossCheck: true}, machine: &diagnose.Machine{Host: emptyFacts()}}
			return x, func() any {
				e := x.examined(&engine.Report{})
				return []any{len(e.Machine.Spaces), len(e.CrossChecks), *e.Tally(), diagnose.Judge(e.Machine, nil, 0).Findings}
			}
		}, (&examiner{}).scan()},
	}
	for _, look := range looks {
		told := func(times int) any {
			v, told := look.make()
			for i := range times {
				if i > 0 {
					v.Reset()
				}
				ns.Do(func() {
					h, err := engine.Open(engine.Options{})
					if err != nil {
						t.Fatal(err)
					}
					defer h.Close()
					if _, err := h.Rows(t.Context(), look.scan, v); err != nil {
						t.Fatal(err)
					}
				})
			}
			return told()
		}
		moves := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Age" || p.Last().String() == ".Took" }, cmp.Ignore())
		if diff := cmp.Diff(told(1), told(2), moves, cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("%s: (-once +again)\n%s", look.name, diff)
		}
	}
}
