// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"cmp"
	_ "embed"
	"fmt"
	"unsafe"

	"github.com/tcpvitals/tcpvitals/internal/kernel/apart"
	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
	"github.com/tcpvitals/tcpvitals/internal/kernel/condition"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

//go:embed prog/walk.o
var object []byte

//go:embed prog/lean.o
var leanObject []byte

// What a variant needs: the values of the program's constant need.
const (
	needFilter = 1 << iota
	needAddress
	needCgroup
	needOwner
	needCensus
	needSquares
	loadsDirectly // sockets are read by direct loads instead of a copying helper
	needPorts     // ports and device are needed
	needDirection
)

// A variant is the program built for one kind of query.
type variant struct {
	query  Query // Netns, Where, By and the like; not Offset, Workers, Slice
	layout *layout
	need   uint32
	loaded *bpf.Object
	slots  int         // for how many workers there is room
	room   *apart.Room // namespace in which it was checked; nil for that of its thread
}

// homesRows is for how many groups there is room besides the plain counts. Namespaces
// need one if they share a place with another one.
const homesRows = 1 << 10

// load builds the variant and loads it into the kernel. copies makes it read sockets
// as on kernels without direct loads.
func load(object []byte, q Query, workers int, copies bool) (*variant, error) {
	v, err := newVariant(q, workers)
	if err != nil {
		return nil, err
	}
	spec, err := bpf.Parse(object)
	if err != nil {
		return nil, err
	}
	return v, v.load(spec, spec.DirectLoads() && !copies)
}

// errNotLean says that a query asks for more than the lean program has.
func errNotLean() error {
	return unsupported(problem.New("the lean program does not count this", "精简程序不统计它"))
}

// loadLean loads a smaller program that takes half the time to load.
func loadLean(q Query, workers int) (*variant, error) {
	v, err := newVariant(q, workers)
	if err != nil || v.need&^(needOwner|needFilter) != needCensus {
		return nil, cmp.Or(err, errNotLean())
	}
	spec, err := bpf.Parse(leanObject)
	if err != nil {
		return nil, err
	}
	if !spec.DirectLoads() {
		return nil, errNotLean()
	}
	return v, v.load(spec, true)
}

// newVariant makes a variant without loading it.
func newVariant(q Query, workers int) (v *variant, err error) {
	v = &variant{query: q, slots: workers}
	if v.layout, err = lay(&q); err != nil {
		return nil, err
	}
	v.need = v.needs()
	if v.need&needCensus != 0 {
		v.layout = plain()
	}
	return v, nil
}

// rows returns for how many groups there is room.
func (v *variant) rows() uint32 {
	switch {
	case v.need&needCensus != 0:
		return max(homesRows, uint32(v.query.MaxRows))
	case v.query.MaxRows == 0:
		return DefaultMaxRows
	default:
		return uint32(v.query.MaxRows)
	}
}

// load builds the program and loads it into the kernel.
func (v *variant) load(spec *bpf.Spec, direct bool) (err error) {
	if direct {
		v.need |= loadsDirectly
	}
	if !v.query.states().Has(tcp.Bound) {
		spec.Only("find", "locate", "walk") // nothing asks for the bind table
	}
	if err := v.specialise(spec); err != nil {
		return err
	}
	v.loaded, err = spec.Load()
	return err
}

func (v *variant) needs() (need uint32) {
	filtered, fields := v.query.reads()
	ports := socket.FieldsOf(socket.FieldLocalPort, socket.FieldRemotePort, socket.FieldIfindex)
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
	wanted(needPorts, directed || !fields.Intersect(ports).Empty() || need&needCensus == 0)
	return need
}

// specialise sets the constants, the generated functions and the sizes.
func (v *variant) specialise(spec *bpf.Spec) error {
	codes, states := codesOf(&v.query)
	for name, value := range map[string]uint32{"needs": v.need, "want_codes": codes, "want_states": states} {
		if err := spec.Set(name, value); err != nil {
			return err
		}
	}
	if v.need&needFilter != 0 {
		match, err := condition.Compile(v.query.Where, v.query.Netns)
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
	}{{"groups", uint32(v.layout.size), v.rows()}, {"workers", 0, uint32(v.slots)}, {"census", 0, uint32(v.slots)}, {"endpoints", 0, uint32(v.query.endpoints)}} {
		if err := spec.Resize(m.name, m.key, 0, m.entries); err != nil {
			return err
		}
	}
	return nil
}

// close unloads the variant.
func (v *variant) close() error {
	if v.room != nil {
		v.room.Close()
	}
	return v.loaded.Close()
}

// identity returns the part of a query on which the program depends: equal for
// queries that can share a variant.
func identity(q *Query, workers int) string {
	return fmt.Sprintf("%v %v %v %#v %v %v %v %v %v %v", q.states(), q.Kinds, q.Netns, q.Where, q.By, q.Unowned, q.sampling(), q.MaxRows, q.endpoints, workers)
}

// bytesOf views a value as its bytes.
func bytesOf[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

// number returns the key of an element of an array.
func number(n int) []byte {
	n32 := uint32(n)
	return append([]byte(nil), bytesOf(&n32)...)
}
