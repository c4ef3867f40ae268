// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	_ "embed"
	"fmt"
	"unsafe"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

//go:embed prog/walk.o
var object []byte

// What a variant needs, as the program's constant need has it.
const (
	needFilter = 1 << iota
	needAddress
	needCgroup
	needOwner
	needCensus
	needSquares
	loadsDirectly // sockets are read by loads, not by a helper that copies
	needPorts     // ports and device
	needDirection
)

// A variant is the program as one kind of query needs it.
type variant struct {
	query  Query // Netns, Where, By and the like; not Offset, Workers, Slice
	layout *layout
	need   uint32
	loaded *bpf.Object
	slots  int // workers that there is room for
}

// homesRows is the room for groups beside plain counts: for namespaces that
// share a place with another one.
const homesRows = 1 << 10

// load puts the variant together and hands it to the kernel. copies makes it read
// sockets as on kernels that have no direct loads.
func load(object []byte, q Query, workers int, copies bool) (v *variant, err error) {
	v = &variant{query: q, slots: workers}
	if v.layout, err = lay(&q); err != nil {
		return nil, err
	}
	filtered, fields := q.reads()
	v.need = v.needs(filtered, fields)
	rows := uint32(homesRows)
	if v.need&needCensus != 0 {
		v.layout = plain()
	} else if rows = uint32(q.MaxRows); rows == 0 {
		rows = DefaultMaxRows
	}
	spec, err := bpf.Parse(object)
	if err != nil {
		return nil, err
	}
	if spec.DirectLoads() && !copies {
		v.need |= loadsDirectly
	}
	if err := v.specialise(spec, filtered, rows); err != nil {
		return nil, err
	}
	v.loaded, err = spec.Load()
	return v, err
}

func (v *variant) needs(filtered bool, fields socket.FieldSet) (need uint32) {
	addresses := socket.FieldsOf(socket.FieldLocal, socket.FieldRemote)
	directed := v.query.directed()
	wanted := func(bit uint32, yes bool) {
		if yes {
			need |= bit
		}
	}
	wanted(needFilter, filtered)
	wanted(needDirection, directed)
	wanted(needAddress, directed || !fields.Intersect(addresses).Empty() || v.layout.has(socket.FieldLocal) || v.layout.has(socket.FieldRemote))
	wanted(needCgroup, fields.Has(socket.FieldCgroupID) || v.layout.has(socket.FieldCgroupID))
	wanted(needOwner, v.query.Unowned)
	wanted(needCensus, !v.query.sampling() && v.layout.narrow())
	wanted(needSquares, v.query.sampling())
	wanted(needPorts, filtered || need&needCensus == 0)
	return need
}

// specialise sets the constants, the generated functions and the sizes.
func (v *variant) specialise(spec *bpf.Spec, filtered bool, rows uint32) error {
	codes, states := codesOf(&v.query)
	for name, value := range map[string]uint32{"need": v.need, "want_codes": codes, "want_states": states} {
		if err := spec.Set(name, value); err != nil {
			return err
		}
	}
	if filtered {
		match, err := compile(&v.query)
		if err != nil {
			return err
		}
		if err := spec.Replace("match", match); err != nil {
			return err
		}
	}
	if err := spec.Replace("make_key", v.layout.code()); err != nil {
		return err
	}
	for _, m := range []struct {
		name         string
		key, entries uint32
	}{{"groups", uint32(v.layout.size), rows}, {"workers", 0, uint32(v.slots)}, {"census", 0, uint32(v.slots)}, {"endpoints", 0, uint32(v.query.endpoints)}} {
		if err := spec.Resize(m.name, m.key, 0, m.entries); err != nil {
			return err
		}
	}
	return nil
}

// close takes the variant out of the kernel.
func (v *variant) close() error { return v.loaded.Close() }

// identity tells variants apart: what of a query the program depends on.
func identity(q *Query, workers int) string {
	return fmt.Sprintf("%v %v %v %#v %v %v %v %v %v %v", q.states(), q.Kinds, q.Netns, q.Where, q.By, q.Unowned, q.sampling(), q.MaxRows, q.endpoints, workers)
}

// bytesOf views a value as its bytes.
func bytesOf[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

// number makes the key of an array.
func number(n int) []byte {
	n32 := uint32(n)
	return append([]byte(nil), bytesOf(&n32)...)
}
