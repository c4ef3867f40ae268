// SPDX-License-Identifier: Apache-2.0

package kill_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/kill"
	"github.com/tcpvitals/tcpvitals/internal/lab/labtest"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
	"github.com/tcpvitals/tcpvitals/internal/testnet"
)

// TestElsewhere closes sockets without a process in a namespace other than the
// caller's.
func TestElsewhere(t *testing.T) {
	for _, family := range []socket.Family{socket.IPv4, socket.IPv6} {
		held := labtest.Hold(t, labtest.Counts{tcp.TimeWait: 5, tcp.SynRecv: 5}, family)
		for _, filter := range []string{"state time-wait", "state syn-recv"} {
			p := look(t, kill.Options{}, held.Path, filter)
			if len(p.Victims) < 5 {
				t.Fatalf("%s %s: %d victims", family, filter, len(p.Victims))
			}
			want(t, closeAll(t, p), len(p.Victims), 0, 0)
			if left := look(t, kill.Options{}, held.Path, filter); left.Matched() != 0 {
				t.Errorf("%s %s: %d are left", family, filter, left.Matched())
			}
		}
	}
}

// TestOwnerEnds ends the process of a connection between the preview and the kill. The
// kernel closes the connection in an orderly way, so it no longer matches and is left
// alone.
func TestOwnerEnds(t *testing.T) {
	ns := testnet.New(t, testnet.Options{})
	ns.Do(func() {
		s := listen(t, 8080)
		client, accepted := s.connect(t, 0)
		defer accepted.close()
		owner := exec.Command("sleep", "60")
		twin, err := unix.FcntlInt(uintptr(client.fd), unix.F_DUPFD_CLOEXEC, 0)
		must(t, "dup", err)
		file := os.NewFile(uintptr(twin), "socket")
		owner.ExtraFiles = []*os.File{file}
		must(t, "start", owner.Start())
		_ = file.Close()
		client.close()

		p := look(t, kill.Options{}, "", "dport = :8080 and state established")
		if len(p.Victims) != 1 || !p.Victims[0].Owned() {
			t.Fatalf("%+v", p.Victims)
		}
		must(t, "end", owner.Process.Kill())
		_ = owner.Wait()
		testnet.Delivered(t)
		r := closeAll(t, p)
		want(t, r, 0, 0, 1)
		// The ACK of its FIN may be delayed (net/ipv4/tcp_input.c
		// __tcp_ack_snd_check).
		if state := r.Outcomes[0].Detail.En; r.Outcomes[0].Reason != kill.Changed || state != tcp.FinWait1.String() && state != tcp.FinWait2.String() {
			t.Errorf("%+v", r.Outcomes)
		}
		if accepted.state(t) != tcp.CloseWait || accepted.failure(t) != 0 {
			t.Error("the peer was reset")
		}
	})
}

// probing counts how often the kernel's abilities are probed.
type probing struct{ asked *int }

func (p probing) Probe(context.Context) error {
	*p.asked++
	return &problem.UnsupportedError{Feature: "SOCK_DESTROY", Reason: "CONFIG_INET_DIAG_DESTROY"}
}

func (probing) Destroy(context.Context, []sockdiag.Target, func(int, error)) error {
	return errors.New("it was asked to close what it cannot")
}

// TestProbedOnce: a kernel that cannot close is probed and reported once, however many
// namespaces there are.
func TestProbedOnce(t *testing.T) {
	for range 3 {
		ns := testnet.New(t, testnet.Options{})
		ns.Do(func() {
			s := listen(t, 8080)
			client, accepted := s.connect(t, 20077)
			t.Cleanup(client.close)
			t.Cleanup(accepted.close)
		})
	}
	asked := 0
	p := look(t, kill.Options{Destroyer: probing{&asked}}, "all", "sport = :20077 and state established")
	if asked != 1 || len(p.Victims) != 0 || len(p.Spared) != 3 || !errors.Is(p.Barred, problem.ErrNotSupported) {
		t.Errorf("asked %d times: %d victims, %d left alone, %v", asked, len(p.Victims), len(p.Spared), p.Barred)
	}
	for _, s := range p.Spared {
		if s.Reason != kill.NoSupport {
			t.Errorf("%+v", s)
		}
	}
}
