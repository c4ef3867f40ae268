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

// An Object is a set of loaded programs with their maps. Its methods, except Close,
// are safe for concurrent use. Programs that run at the same time must share their
// maps safely themselves.
type Object struct {
	c      *ebpf.Collection
	links  []*os.File        // links of attached programs
	points map[string]string // by program: its raw tracepoint
}

// Close detaches the programs, and unloads them and the maps.
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

// Iterate returns a reader of what a program of type iter writes with seq_write. The
// kernel runs the program over all objects of its kind while the reader is read.
// Close the reader.
func (o *Object) Iterate(program string) (io.ReadCloser, error) {
	p, err := o.program(program)
	if err != nil {
		return nil, err
	}
	l, err := linkIterator(p)
	if err != nil {
		return nil, problem.Errorf("bpf: attach %s: %w", "bpf：附加 %s：%w", program, explain(err))
	}
	defer l.Close() // the open reader keeps the link alive
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
