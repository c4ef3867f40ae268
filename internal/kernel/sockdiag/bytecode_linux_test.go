// SPDX-License-Identifier: Apache-2.0

package sockdiag_test

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// mixed asks for some sockets in every state.
func mixed() labtest.Counts {
	counts := labtest.Counts{}
	for s := range tcp.AllStates.All() {
		if s != tcp.Close {
			counts[s] = 4
		}
	}
	return counts
}

// furnish adds sockets that the lab does not make: v4-mapped connections, marks, a
// device, a port that the kernel did not choose.
func furnish() (fds []int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(error)
		}
	}()
	try := func(op string, err error) {
		if err != nil && !errors.Is(err, unix.EINPROGRESS) {
			panic(fmt.Errorf("%s: %w", op, err))
		}
	}
	open := func(family int) int {
		fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		try("socket", err)
		fds = append(fds, fd)
		return fd
	}
	dual := open(unix.AF_INET6)
	try("bind", unix.Bind(dual, &unix.SockaddrInet6{Port: 7001}))
	try("listen", unix.Listen(dual, 16))
	for i := range 6 {
		client := open(unix.AF_INET)
		try("SO_MARK", unix.SetsockoptInt(client, unix.SOL_SOCKET, unix.SO_MARK, i))
		if i%2 == 0 {
			try("SO_BINDTODEVICE", unix.BindToDevice(client, "lo"))
			try("bind", unix.Bind(client, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(1 + i)}, Port: 20000 + i}))
		}
		try("connect", unix.Connect(client, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: 7001}))
		if i >= 4 {
			try("shutdown", unix.Shutdown(client, unix.SHUT_WR))
		}
	}
	return fds, nil
}

// kernelTests are tests with values that occur in the rows.
func kernelTests(rows []socket.Socket) []socket.Condition {
	list := []socket.Condition{
		socket.AutoboundCondition{},
		socket.MarkCondition{Mask: 1},
		socket.CgroupCondition{},
		socket.DeviceCondition{},
		socket.HostCondition{Prefix: netip.MustParsePrefix("::/0")},
		socket.HostCondition{Prefix: netip.MustParsePrefix("0.0.0.0/0")},
		socket.HostCondition{Side: socket.RemoteSide, Prefix: netip.MustParsePrefix("::ffff:127.0.0.0/104")},
	}
	for i, s := range rows {
		is := socket.PortComparison(i % 3)
		list = append(list,
			socket.PortCondition{Side: socket.LocalSide, Is: is, Port: s.Local.Port()},
			socket.PortCondition{Side: socket.RemoteSide, Is: is, Port: s.Remote.Port()},
			socket.DeviceCondition{Ifindex: s.Ifindex}, socket.MarkCondition{Mark: s.Mark, Mask: 7}, socket.CgroupCondition{ID: s.CgroupID},
		)
		for side, a := range []netip.Addr{s.Local.Addr(), s.Remote.Addr()} {
			for _, addr := range []netip.Addr{a, a.Unmap()} {
				bits := addr.BitLen() - i%3*4
				list = append(list, socket.HostCondition{Side: socket.Side(side), Prefix: netip.PrefixFrom(addr, bits)})
			}
		}
	}
	return list
}

// grow builds a random tree of the tests.
func grow(rng *rand.Rand, tests []socket.Condition, depth int) socket.Condition {
	if depth == 0 {
		return tests[rng.IntN(len(tests))]
	}
	parts := make([]socket.Condition, 1+rng.IntN(3))
	for i := range parts {
		parts[i] = grow(rng, tests, rng.IntN(depth))
	}
	switch rng.IntN(3) {
	case 0:
		return socket.And(parts)
	case 1:
		return socket.Or(parts)
	default:
		return socket.Not{Condition: parts[0]}
	}
}

// cookies returns the cookies of the wanted rows, in order.
func cookies(rows []socket.Socket, wanted func(*socket.Socket) bool) []uint64 {
	var list []uint64
	for i := range rows {
		if wanted(&rows[i]) {
			list = append(list, rows[i].Cookie)
		}
	}
	slices.Sort(list)
	return list
}

// TestKernelFilterEqualsMatch lets the kernel select by hundreds of conditions in a
// namespace with all states, and compares with Match on a full dump.
func TestKernelFilterEqualsMatch(t *testing.T) {
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		t.Run(family.String(), func(t *testing.T) {
			held := labtest.Hold(t, mixed(), family)
			held.Do(func() {
				fds, err := furnish()
				for _, fd := range fds {
					defer unix.Close(fd)
				}
				if err == nil {
					testnet.Delivered(t)
					err = compareWithKernel(t)
				}
				if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func compareWithKernel(t *testing.T) error {
	rows, err := tryDump(sockdiag.Request{States: tcp.AllStates})
	if err != nil {
		return err
	}
	if err := learnAutobound(rows); err != nil {
		return err
	}
	tests := kernelTests(rows)
	rng := rand.New(rand.NewPCG(5, 6))
	kinds := map[string]int{}
	for i := range 600 {
		c := grow(rng, tests, i%5)
		code, err := sockdiag.Compile(c)
		if err != nil {
			return err
		}
		var want, got []uint64
		for {
			want = cookies(rows, c.Match)
			// Alternates between the request for one family and the one for both.
			if got, err = chosen(sockdiag.Request{States: tcp.AllStates, Filter: code}, i%2 == 0); err != nil {
				return fmt.Errorf("%#v: %w", c, err)
			}
			if slices.Equal(got, want) {
				break
			}
			again, err := tryDump(sockdiag.Request{States: tcp.AllStates})
			if err != nil {
				return err
			}
			if slices.Equal(cookies(again, all), cookies(rows, all)) {
				t.Errorf("%#v\nthe kernel chooses %d sockets, Match %d\n%x", c, len(got), len(want), code)
				break
			}
			rows = again // on a slow machine some sockets have ended
			if err := learnAutobound(rows); err != nil {
				return err
			}
		}
		kinds[map[bool]string{true: "some"}[len(want) > 0 && len(want) < len(rows)]]++
	}
	if kinds["some"] < 200 {
		t.Errorf("only %d conditions chose a part of the sockets", kinds["some"])
	}
	t.Logf("%d sockets, %d conditions that choose a part", len(rows), kinds["some"])
	return nil
}

// chosen returns the sockets that the kernel chooses.
func chosen(q sockdiag.Request, together bool) ([]uint64, error) {
	families := []socket.Family{0}
	if !together {
		families = []socket.Family{socket.IPv4, socket.IPv6}
	}
	var rows []socket.Socket
	for _, q.Family = range families {
		more, err := tryDump(q)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return cookies(rows, all), nil
}

func all(*socket.Socket) bool { return true }

// learnAutobound asks the kernel for the one fact that a row does not contain.
func learnAutobound(rows []socket.Socket) error {
	code, err := sockdiag.Compile(socket.AutoboundCondition{})
	if err != nil {
		return err
	}
	auto, err := chosen(sockdiag.Request{States: tcp.AllStates, Filter: code}, true)
	for i := range rows {
		_, rows[i].Autobound = slices.BinarySearchFunc(auto, rows[i].Cookie, cmp.Compare)
	}
	return err
}

// TestRefusedFilter: a filter that the kernel refuses is distinguished from all other
// errors, so that the filter can be evaluated in this process.
func TestRefusedFilter(t *testing.T) {
	mark, err := sockdiag.Compile(socket.MarkCondition{Mark: 1, Mask: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, filter := range map[string][]byte{
		"a mark without CAP_NET_ADMIN":           mark,
		"an operation that the kernel knows not": {200, 4, 4, 0},
	} {
		conn, err := sockdiag.Open()
		if err != nil {
			t.Skip("no sock_diag here: ", err)
		}
		err = conn.Dump(t.Context(), sockdiag.Request{States: tcp.AllStates, Filter: filter}, func(sockdiag.Message) bool { return true })
		if !errors.Is(err, sockdiag.ErrFilterRefused) {
			t.Errorf("%s: error %v", name, err)
		}
		_ = conn.Close()
	}
}
