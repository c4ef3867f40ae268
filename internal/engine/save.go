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
	Program string    // version of this program
	Now     time.Time // time of the snapshot
	Redact  bool      // leave out what should not leave the machine
	// Traced returns what the trace in Options.Traced does not know. It is called at
	// the end; nil without a trace.
	Traced func() ([]problem.Gap, error)
}

// SaveReport says what was saved.
type SaveReport struct {
	Report

	Sockets uint64
	// Missing tells which facts other than sockets could not be read.
	Missing []problem.Gap
}

// Save writes a snapshot: all that can be known of this host's sockets, with the
// counters and parameters that explain them. Memory does not grow with the number of
// sockets. Errors are those of [Source.Rows] and of writing to out.
func (h *Host) Save(ctx context.Context, o SaveOptions, out io.Writer) (*SaveReport, error) {
	return answer(ctx, h, func() (*SaveReport, error) { return h.save(ctx, o, out) })
}

func (h *Host) save(ctx context.Context, o SaveOptions, out io.Writer) (*SaveReport, error) {
	v := &saver{}
	s, err := h.scanner(ctx, Scan{Fields: everyField()}, v)
	if err != nil {
		return nil, err
	}
	if v.places, err = h.annotator(ctx, placeFields()); err != nil {
		return nil, err
	}
	s.inOrder, s.byPlaces, s.most = true, v.places, h.mostOfUsers()
	if err := v.begin(ctx, o, h, out); err != nil {
		return nil, err
	}
	if err := s.all(); err != nil {
		return nil, err
	}
	if v.err != nil {
		return nil, v.err
	}
	tail := v.tail(s)
	traced, err := o.untraced()
	if err != nil {
		return nil, err
	}
	for _, g := range traced {
		tail.Gaps = append(tail.Gaps, snapshot.Gap{Gap: g, When: snapshot.WhenProcesses})
	}
	if err := v.out.Close(tail); err != nil {
		return nil, err
	}
	saved := &SaveReport{Report: *s.report, Sockets: v.sockets, Missing: v.missing}
	saved.Gaps = append(append(saved.Gaps, s.annotator.gaps()...), traced...)
	return saved, nil
}

func (o *SaveOptions) untraced() ([]problem.Gap, error) {
	if o.Traced == nil {
		return nil, nil
	}
	return o.Traced()
}

// A saver passes a scan of everything on to a snapshot.
type saver struct {
	out *snapshot.Writer
	// places finds owners from cgroups only, as an answer does that asks for units
	// and not for processes. A cgroup may prove a unit that processes only suggest.
	places  *annotator
	sockets uint64
	missing []problem.Gap
	err     error // error of writing; it ended the scan
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

// begin writes the part of the snapshot that is known before the first socket.
func (v *saver) begin(ctx context.Context, o SaveOptions, h *Host, out io.Writer) error {
	m := snapshot.Machine{
		Program: o.Program, Taken: o.Now.UTC(), Host: h.options.Name, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), Scope: h.scope.String(),
	}
	m.Files, m.Missing = h.proc.ReadFacts(procfs.HostFacts())
	m.Kernel = strings.TrimSpace(m.Files["/proc/sys/kernel/osrelease"])
	m.Boot = strings.TrimSpace(m.Files["/proc/sys/kernel/random/boot_id"])
	delete(m.Files, "/proc/sys/kernel/random/boot_id")
	v.missing = m.Missing
	if h.scope.Self() {
		if n, err := netns.CountOthers(ctx); err == nil {
			m.OtherNamespaces = &n
		}
		m.Devices = devices()
		m.Ephemeral, _ = h.proc.LocalPortRange()
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

// Enter begins a namespace.
func (v *saver) Enter(space *Space) error {
	n := snapshot.Namespace{Inode: space.Netns.Inode, Name: space.Netns.Name, Container: space.Netns.Container}
	n.Files, n.Missing = space.Files(procfs.NamespaceFacts())
	v.missing = append(v.missing, n.Missing...)
	v.err = v.out.Namespace(n)
	return v.err
}

// Leave does nothing.
func (*saver) Leave(*Space) error { return nil }

// Row saves one socket.
func (v *saver) Row(s *socket.Socket) bool {
	byPlace := v.places.owner(s)
	v.err = v.out.Add(s, byPlace)
	v.sockets++
	return v.err == nil
}

// tail returns the part of the snapshot that is known at the end.
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
