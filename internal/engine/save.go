// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/netns"
	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/owner"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/snapshot"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// SaveOptions says how to save this host.
type SaveOptions struct {
	Options

	Host    string    // how the host calls itself
	Program string    // the version of this program
	Now     time.Time // when
	Redact  bool      // leave out what should not leave the machine
}

// Saved is what was saved.
type Saved struct {
	Report

	Sockets uint64
	// Missing is the facts beside the sockets that could not be read.
	Missing []problem.Gap
}

// Save writes all that can be known of this host's sockets, with the counters
// and parameters that explain them, as a snapshot. Memory does not grow with the
// number of sockets. Errors are those of [Rows], and of out.
func Save(ctx context.Context, o SaveOptions, out io.Writer) (*Saved, error) {
	everything := Scan{Fields: everyField()}
	v := &saver{}
	s, err := newScanner(ctx, o.Options, everything, v.row)
	if err != nil {
		return nil, err
	}
	defer s.annotator.close()
	if v.places, err = newAnnotator(ctx, o.Options, placeFields()); err != nil {
		return nil, err
	}
	defer v.places.close()
	s.saver = v
	if err := v.begin(ctx, o, s, out); err != nil {
		return nil, err
	}
	if err := s.all(); err != nil {
		return nil, err
	}
	if v.err != nil {
		return nil, v.err
	}
	tail := v.tail(s)
	if err := v.out.Close(tail); err != nil {
		return nil, err
	}
	saved := &Saved{Report: *s.report, Sockets: v.sockets, Missing: v.missing}
	saved.Gaps = append(saved.Gaps, s.annotator.gaps()...)
	return saved, nil
}

// A saver passes a scan of everything on to a snapshot.
type saver struct {
	out *snapshot.Writer
	// places finds owners without looking at processes, as an answer does that
	// asks for units only. It can know a unit for certain where the way by
	// processes only concludes it.
	places  *annotator
	sockets uint64
	missing []problem.Gap
	err     error // of writing; it ended the scan
}

func everyField() (all socket.FieldSet) {
	for f := range socket.Fields() {
		all.Add(f.ID)
	}
	return all
}

func placeFields() socket.FieldSet {
	return socket.FieldsOf(socket.FieldUnit, socket.FieldContainer, socket.FieldPod, socket.FieldOwnerOf, socket.FieldOwnerWhy)
}

// begin writes what is known before the first socket.
func (v *saver) begin(ctx context.Context, o SaveOptions, s *scanner, out io.Writer) error {
	m := snapshot.Machine{
		Program: o.Program, Taken: o.Now.UTC(), Host: o.Host, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Scope: s.scope.String(),
	}
	m.Files, m.Missing = procfs.ReadFacts(procfs.HostFacts())
	m.Kernel = strings.TrimSpace(m.Files["/proc/sys/kernel/osrelease"])
	m.Boot = strings.TrimSpace(m.Files["/proc/sys/kernel/random/boot_id"])
	delete(m.Files, "/proc/sys/kernel/random/boot_id")
	v.missing = m.Missing
	if s.scope.Self() {
		if n, err := netns.CountOthers(ctx); err == nil {
			m.OtherNamespaces = &n
		}
		m.Devices = devices()
		m.Ephemeral, _ = procfs.LocalPortRange()
	}
	redactor, err := v.redactor(o)
	if err != nil {
		return err
	}
	v.out, err = snapshot.NewWriter(out, m, redactor)
	return err
}

func (*saver) redactor(o SaveOptions) (*snapshot.Redactor, error) {
	if !o.Redact {
		return nil, nil
	}
	return snapshot.NewRedactor(owner.NewUsers("").People())
}

func devices() map[string]uint32 {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	names := map[string]uint32{}
	for _, i := range all {
		names[i.Name] = uint32(i.Index)
	}
	return names
}

// enter begins a namespace, on a thread inside.
func (v *saver) enter(ns *netns.Namespace) error {
	v.places.enter(ns)
	n := factsHere(ns)
	v.missing = append(v.missing, n.Missing...)
	v.err = v.out.Namespace(*n)
	return v.err
}

// factsHere reads the facts of a namespace, on a thread inside.
func factsHere(ns *netns.Namespace) *snapshot.Namespace {
	n := &snapshot.Namespace{Inode: ns.Inode, Name: ns.Name, Container: ns.Container}
	n.Files, n.Missing = procfs.ReadFacts(procfs.NamespaceFacts())
	return n
}

// row saves one socket.
func (v *saver) row(s *socket.Socket) bool {
	byPlace := v.places.owner(s)
	v.err = v.out.Add(s, byPlace)
	v.sockets++
	return v.err == nil
}

// tail is what is known at the end.
func (v *saver) tail(s *scanner) snapshot.Tail {
	t := snapshot.Tail{Engine: s.report.Engine, Exact: s.report.Exact, Limits: s.report.Limits, NoCgroups: v.places.need.processes}
	for _, g := range s.report.Gaps {
		when := snapshot.Always
		if g.Source == boundSource {
			when = snapshot.WhenBound
		}
		t.Gaps = append(t.Gaps, snapshot.Gap{Gap: g, When: when})
	}
	t.Gaps = append(t.Gaps, s.annotator.conditionalGaps()...)
	return t
}
