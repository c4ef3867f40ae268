// SPDX-License-Identifier: Apache-2.0

package owner

import (
	"context"
	"errors"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/kernel/procfs"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// CgroupPaths finds cgroups by id; [procfs.CgroupTree] implements it.
type CgroupPaths interface {
	// Path returns one path. The error matches [os.ErrNotExist] if there is no such
	// cgroup, and is a [*problem.PermissionError] if Walk must be used instead.
	Path(id uint64) (string, error)
	// Walk calls do with every cgroup.
	Walk(ctx context.Context, do func(id uint64, path string)) error
}

// Places finds the place of a cgroup or a process and remembers it: a cgroup keeps
// its path for life, and its id is never reused. Not safe for concurrent use.
type Places struct {
	paths     CgroupPaths // nil on a cgroup v1 host
	proc      procfs.FS
	byID      map[uint64]*Place // by cgroup id; nil: not found
	byProcess map[int32]*Place
	walked    bool
	gap       *problem.Gap
}

// NewPlaces returns Places that use paths, which may be nil, and the proc tree proc.
func NewPlaces(paths CgroupPaths, proc procfs.FS) *Places {
	return &Places{
		paths:     paths,
		proc:      proc,
		byID:      map[uint64]*Place{},
		byProcess: map[int32]*Place{},
	}
}

// ByCgroup returns the place of a cgroup id as sock_diag reports it; nil if it is
// unknown. Id 0 means no cgroup. Only the first call for an id allocates.
func (p *Places) ByCgroup(ctx context.Context, id uint64) *Place {
	if place, known := p.byID[id]; known || id == 0 || p.paths == nil {
		return place
	}
	path, err := p.paths.Path(id)
	var denied *problem.PermissionError
	switch {
	case err == nil:
		p.byID[id] = newPlace(path)
	case errors.As(err, &denied):
		p.walk(ctx)
		if _, known := p.byID[id]; !known {
			p.byID[id] = nil
		}
	default:
		p.byID[id] = nil
		p.failed(err)
	}
	return p.byID[id]
}

// walk reads all cgroups, once.
func (p *Places) walk(ctx context.Context) {
	if p.walked {
		return
	}
	p.walked = true
	p.failed(p.paths.Walk(ctx, func(id uint64, path string) { p.byID[id] = newPlace(path) }))
}

func newPlace(path string) *Place {
	place := ParsePlace(path)
	return &place
}

// failed keeps the first error other than that of a removed cgroup.
func (p *Places) failed(err error) {
	if err == nil || errors.Is(err, os.ErrNotExist) || p.gap != nil {
		return
	}
	g := problem.Failed("cgroups", err)
	p.gap = &g
}

// ByProcess returns the place of a process; nil if it is unknown. It is used on hosts
// with cgroup v1 only, where a socket has no cgroup.
func (p *Places) ByProcess(pid int32) *Place {
	if place, known := p.byProcess[pid]; known {
		return place
	}
	c, err := p.proc.ReadProcessCgroup(pid)
	if err != nil {
		p.byProcess[pid] = nil
		p.failed(err)
		return nil
	}
	p.byProcess[pid] = newPlace(c.Path())
	return p.byProcess[pid]
}

// maxLabelled bounds how many processes of a group are read to name it.
const maxLabelled = 16

// Label names a group of processes, such as those of a network namespace, by what
// they have in common: their container, else their pod (whose containers share one
// namespace), else their unit. It also returns the full container. Both are "" if
// they have nothing in common. Only the first 16 processes are read.
func (p *Places) Label(pids []int32) (name, container string) {
	var common *Place
	for _, pid := range pids[:min(len(pids), maxLabelled)] {
		place := p.ByProcess(pid)
		switch {
		case place == nil:
		case common == nil:
			first := *place
			common = &first
		default:
			common.keepCommon(place)
		}
	}
	switch {
	case common == nil:
		return "", ""
	case common.Container != "":
		return common.ShortContainer(), common.Container
	case common.Pod != "":
		return "pod " + common.Pod, ""
	default:
		return common.Service(), ""
	}
}

// keepCommon clears the fields in which two places differ.
func (p *Place) keepCommon(other *Place) {
	if p.Container != other.Container {
		p.Container = ""
	}
	if p.Pod != other.Pod {
		p.Pod = ""
	}
	if p.Service() != other.Service() {
		p.Unit, p.UserUnit = "", ""
	}
}

// Gaps returns what could not be read so far.
func (p *Places) Gaps() []problem.Gap {
	if p.gap == nil {
		return nil
	}
	return []problem.Gap{*p.gap}
}

// Forget drops failed look-ups, so that new cgroups are found. A program that runs
// for long calls it before each reading.
func (p *Places) Forget() {
	for id, place := range p.byID {
		if place == nil {
			delete(p.byID, id)
		}
	}
	clear(p.byProcess) // pids are reused
	p.walked = false
	p.gap = nil
}
