// SPDX-License-Identifier: Apache-2.0

package bpf

import (
	"cmp"
	"fmt"
	"io"
	"os"

	"github.com/cilium/ebpf"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// An Object is a set of loaded programs with their maps. Its methods are safe
// for concurrent use, but for Close; what programs do with their maps when they
// run at the same time is the programs' business.
type Object struct {
	c      *ebpf.Collection
	links  []*os.File        // of what is attached
	points map[string]string // the raw tracepoint of each program that has one
}

// Close detaches programs and takes them and the maps out of the kernel.
func (o *Object) Close() (err error) {
	for _, l := range o.links {
		err = cmp.Or(err, l.Close())
	}
	o.links = nil
	o.c.Close()
	return err
}

func (o *Object) program(name string) (*ebpf.Program, error) {
	if p := o.c.Programs[name]; p != nil {
		return p, nil
	}
	return nil, problem.Errorf("bpf: no program %s", "bpf：没有程序 %s", name)
}

// Run runs a program of type syscall on the calling thread and returns what it
// returned. The program reads context and may write to it.
func (o *Object) Run(program string, context []byte) (uint32, error) {
	p, err := o.program(program)
	if err != nil {
		return 0, err
	}
	ret, err := p.Run(&ebpf.RunOptions{Context: context, ContextOut: context})
	if err != nil {
		return ret, fmt.Errorf("bpf: %s: %w", program, explain(err))
	}
	return ret, nil
}

// Iterate runs a program of type iter over all objects of its kind, while the
// reader is read, and gives what it writes with seq_write. Close the reader.
func (o *Object) Iterate(program string) (io.ReadCloser, error) {
	p, err := o.program(program)
	if err != nil {
		return nil, err
	}
	l, err := linkIterator(p)
	if err != nil {
		return nil, problem.Errorf("bpf: attach %s: %w", "bpf：附加 %s：%w", program, explain(err))
	}
	defer l.Close() // what is read keeps it
	r, err := openIterator(l)
	if err != nil {
		return nil, problem.Errorf("bpf: open %s: %w", "bpf：打开 %s：%w", program, explain(err))
	}
	return r, nil
}

// Map returns a map of the object, nil when there is none of that name.
func (o *Object) Map(name string) *Map {
	if m := o.c.Maps[name]; m != nil {
		return &Map{m}
	}
	return nil
}
