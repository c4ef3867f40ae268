// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"slices"

	"github.com/tcpvitals/tcpvitals/internal/kernel/bpf"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Numbers of the tables, as the program has them.
const (
	established = iota
	listeners
	bindTable
	entries // not a table, but the entrances into the bind table
)

// A span is a part of a table that one worker walks.
type span struct {
	which, table   uint32
	from, to, step uint32
}

// tables asks the program for the list of tables.
func (v *variant) tables() (found finding, all []table, err error) { return tablesOf(v.loaded) }

func tablesOf(loaded *bpf.Object) (found finding, all []table, err error) {
	if ret, err := loaded.Run("find", nil); err != nil || ret != 0 {
		return found, nil, orFailed(err, "find", ret)
	}
	if err := loaded.Map("findings").Lookup(number(0), bytesOf(&found)); err != nil {
		return found, nil, err
	}
	all = make([]table, found.tables)
	for i := range all {
		if err := loaded.Map("tables").Lookup(number(i), bytesOf(&all[i])); err != nil {
			return found, nil, err
		}
	}
	if found.closed == 0 || found.foreign != 1 || found.shared == 0 {
		return found, all, unsupported(problem.Errorf(
			"the list of network namespaces is not as expected (%d namespaces, %d others)",
			"网络命名空间的链表与预期不符（%d 个命名空间，%d 个其他项）", found.namespaces, found.foreign,
		))
	}
	return found, all, nil
}

// unsupported returns the error that this kernel cannot count.
func unsupported(why error) error {
	return &problem.UnsupportedError{
		Feature: "counting in the kernel (hashwalk)", Reason: why.Error(), Zh: "这里不支持在内核中计数（hashwalk）：" + problem.Wording(why, true),
	}
}

func orFailed(err error, program string, ret uint32) error {
	if err != nil {
		return err
	}
	return problem.Errorf("hashwalk: program %s failed (%d)", "hashwalk：程序 %s 失败（%d）", program, ret)
}

// spans cuts the tables that the query needs into pieces.
func spans(q *Query, all []table) (list []span, slots, of uint64) {
	set := q.states()
	connections := set&^tcp.SetOf(tcp.Listen, tcp.Bound) != 0
	apart := ownTables(q, all)
	for i := range all {
		t := &all[i]
		if t.pernet != 0 && len(q.Netns) > 0 && !slices.Contains(q.Netns, uint64(t.inum)) {
			continue // the table holds nothing that is wanted
		}
		if connections && (t.pernet != 0 || !apart) {
			list = pieces(list, span{which: established, table: uint32(i), to: t.ehashMask + 1}, q)
		}
		if t.pernet != 0 {
			continue // listeners and bound ports of all namespaces lie in the shared tables
		}
		if set.Has(tcp.Listen) {
			whole := *q
			whole.Sample = 0
			list = pieces(list, span{which: listeners, table: uint32(i), to: t.lhash2Mask + 1}, &whole)
		}
		if set.Has(tcp.Bound) {
			list = pieces(list, span{which: bindTable, table: uint32(i), to: t.bhashSize}, q)
		}
	}
	for _, s := range list {
		if s.which == listeners {
			continue // counted completely, even in a sample
		}
		of += uint64(s.to - s.from)
		slots += s.slots()
	}
	return list, slots, of
}

// ownTables reports whether each namespace that is wanted has a table of connections of
// its own: the shared table then holds none of theirs (net/ipv4/inet_hashtables.c
// inet_pernet_hashinfo_alloc).
func ownTables(q *Query, all []table) bool {
	for _, inode := range q.Netns {
		own := func(t table) bool { return t.pernet != 0 && uint64(t.inum) == inode }
		if !slices.ContainsFunc(all, own) {
			return false
		}
	}
	return len(q.Netns) > 0
}

// slots returns how many slots of a piece are walked.
func (s span) slots() uint64 { return uint64(s.to-s.from+s.step-1) / uint64(s.step) }

// spanSlots is how many slots a piece has: few, so that all workers end at about the
// same time.
const spanSlots = 1 << 13

// pieces appends the pieces of one table.
func pieces(list []span, whole span, q *Query) []span {
	step := max(q.Sample, 1)
	size := uint32(spanSlots)
	size += (step - size%step) % step // a multiple of the step, so that each piece continues the one before
	for from := whole.from; from < whole.to; from += size {
		s := whole
		s.from, s.to, s.step = from, whole.to, step
		if whole.to-from > size {
			s.to = from + size
		}
		list = append(list, s)
		if from+size < from {
			break
		}
	}
	return list
}
