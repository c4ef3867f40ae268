// SPDX-License-Identifier: Apache-2.0

package labtest

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// line is the form in which the test compares a socket of both sides.
func line(s socket.Socket) string {
	return fmt.Sprintf("%v %v %v %v %v", s.State, s.Kind, s.Family, s.Local, s.Remote)
}

func lines(sockets []socket.Socket) []string {
	all := make([]string, len(sockets))
	for i, s := range sockets {
		all[i] = line(s)
	}
	slices.Sort(all)
	return all
}

func TestHoldIsExact(t *testing.T) {
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		t.Run(family.String(), func(t *testing.T) {
			held := Hold(t, EveryState(), family)
			var got []socket.Socket
			var err error
			held.Do(func() { got, err = rows() })
			if err != nil {
				t.Fatal(err)
			}
			want, have := lines(held.Visible()), lines(got)
			if !slices.Equal(want, have) {
				t.Errorf("sock_diag shows\n%s\nwanted\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
			}
			for state, n := range held.Counts() {
				if n != EveryState()[state] {
					t.Errorf("%v: %d sockets, asked for %d", state, n, EveryState()[state])
				}
			}
		})
	}
}

func rows() ([]socket.Socket, error) {
	c, err := sockdiag.Open()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Rows(context.Background(), tcp.AllStates)
}

// TestHoldAgreesWithSS: ss, netstat and /proc count the sockets that Hold says it
// made.
func TestHoldAgreesWithSS(t *testing.T) {
	ss, err := exec.LookPath("ss")
	if err != nil {
		testnet.Skip(t, testnet.Tools, "ss is not installed")
	}
	held := Hold(t, EveryState(), socket.IPv4)
	var out []byte
	held.Do(func() { out, err = exec.Command(ss, "-Htan").Output() })
	if err != nil {
		t.Fatal(err)
	}
	got := make(Counts)
	for row := range strings.Lines(string(out)) {
		state, err := tcp.Parse(strings.Fields(row)[0])
		if err != nil {
			t.Fatal(err)
		}
		got[state]++
	}
	delete(got, tcp.Close) // bound sockets, which newer versions show as UNCONN
	want := held.Counts()
	delete(want, tcp.Bound)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("ss counts %v, made were %v", got, want)
	}
}

func TestSynRecvBringsAListener(t *testing.T) {
	held := Hold(t, Counts{tcp.SynRecv: 2}, socket.IPv4)
	if got := held.Counts(); got[tcp.Listen] != 1 || got[tcp.SynRecv] != 2 {
		t.Errorf("got %v", got)
	}
}

func TestPathIsTheNamespace(t *testing.T) {
	held := Hold(t, nil, socket.IPv6)
	target, err := os.Readlink(held.Path)
	if want := fmt.Sprintf("net:[%d]", held.Inode); err != nil || target != want {
		t.Errorf("%s leads to %s (%v), want %s", held.Path, target, err, want)
	}
	if own, _ := os.Readlink("/proc/self/ns/net"); cmp.Compare(own, target) == 0 {
		t.Error("the test's own namespace was used")
	}
}

func BenchmarkHold1000(b *testing.B) {
	for b.Loop() {
		Hold(b, Counts{tcp.TimeWait: 500, tcp.CloseWait: 500}, socket.IPv4)
	}
}
