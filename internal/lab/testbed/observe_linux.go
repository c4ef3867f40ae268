// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kernel/sockdiag"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

// Row returns the socket of an end; found is false if there is none.
func (b *Testbed) Row(name string, end record.End) (row socket.Socket, found bool, err error) {
	local, remote := b.ends(b.flow(name), end)
	return b.diag.Lookup(local, remote)
}

// stateIs fails unless the end is in the state. Close means that there is no
// connection.
func (b *Testbed) stateIs(name string, end record.End, want tcp.State) error {
	row, found, err := b.Row(name, end)
	if err != nil {
		return err
	}
	got := tcp.Close
	if found {
		got = row.State
	}
	if got == want {
		return nil
	}
	return &Failure{What: stateOf(name), Want: Same(want), Got: Same(got)}
}

// stateOf is the state of a connection.
func stateOf(name string) knowledge.Text { return Of(name, "state", "状态") }

// timerOf is the timer of a connection.
func timerOf(name string) knowledge.Text { return Of(name, "timer", "定时器") }

// State checks the state of an end within the range. [tcp.Close] means that the
// connection no longer exists.
func (b *Testbed) State(name string, end record.End, want tcp.State, r Range) error {
	err := b.Await(stateOf(name), r, func() error { return b.stateIs(name, end, want) })
	if err == nil {
		text := knowledge.Text{En: "state " + want.String(), Zh: "状态 " + want.String()}
		if end == record.Peer {
			text = knowledge.Text{En: "other " + text.En, Zh: "另一端" + text.Zh}
		}
		b.Checked(name, text)
	}
	return err
}

// Timer checks which timer runs on the kernel's end and, unless about is 0, that it
// fires after about that time, within a tenth and 0.3 s.
func (b *Testbed) Timer(name string, want socket.Timer, about time.Duration) error {
	tolerance := 300*time.Millisecond + about/20
	err := b.Await(timerOf(name), Range{}, func() error {
		row, found, err := b.Row(name, record.Kernel)
		if err != nil {
			return err
		}
		ok := found && row.Timer == want
		if about != 0 {
			ok = ok && (row.Expires-about).Abs() <= tolerance
		}
		if ok {
			return nil
		}
		return &Failure{What: timerOf(name), Want: Same(timerText(want, about)), Got: Same(timerText(row.Timer, row.Expires))}
	})
	if err == nil {
		text := timerText(want, about)
		b.Checked(name, knowledge.Text{En: "timer " + text, Zh: "定时器 " + text})
	}
	return err
}

// TimerBetween checks which timer runs on the kernel's end and when it fires.
func (b *Testbed) TimerBetween(name string, want socket.Timer, r Range) error {
	row, found, err := b.Row(name, record.Kernel)
	if err != nil {
		return err
	}
	if !found || row.Timer != want || row.Expires < r.Min || row.Expires > r.Max {
		return &Failure{
			What: timerOf(name), Want: Same(fmt.Sprintf("%v %v..%v", want, r.Min, r.Max)),
			Got: Same(fmt.Sprintf("%v %v", row.Timer, row.Expires)),
		}
	}
	text := fmt.Sprintf("%v %.1f s", want, row.Expires.Seconds())
	b.Checked(name, knowledge.Text{En: "timer " + text, Zh: "定时器 " + text})
	return nil
}

func timerText(t socket.Timer, d time.Duration) string {
	if d == 0 {
		return t.String()
	}
	return t.String() + " ~" + d.Round(100*time.Millisecond).String()
}

// Rows returns every socket of the namespace in one of the states.
func (b *Testbed) Rows(states tcp.StateSet) ([]socket.Socket, error) {
	return b.diag.Rows(context.Background(), states)
}

// RowCount checks how many sockets of the namespace are in a state.
func (b *Testbed) RowCount(state tcp.State, want int, r Range) error {
	what := knowledge.Text{En: "rows in " + state.String(), Zh: "处于 " + state.String() + " 的套接字数"}
	err := b.Await(what, r, func() error {
		rows, err := b.Rows(tcp.SetOf(state))
		if err != nil || len(rows) == want {
			return err
		}
		return &Failure{What: what, Want: Same(want), Got: Same(len(rows))}
	})
	if err == nil {
		b.Checked("", knowledge.Text{En: fmt.Sprintf("%d sockets in %v", want, state), Zh: fmt.Sprintf("%d 个套接字处于 %v", want, state)})
	}
	return err
}

// Destroy closes the kernel's end as ss -K does.
func (b *Testbed) Destroy(name string) error {
	f := b.flow(name)
	return b.Kernel().done(name, "ss -K", b.destroy(f.kernel, f.peer))
}

// destroy closes an end's socket, which it identifies by its cookie.
func (b *Testbed) destroy(local, remote netip.AddrPort) error {
	row, found, err := b.diag.Lookup(local, remote)
	if err != nil || !found {
		return errors.Join(err, sockdiag.ErrNoSuchSocket)
	}
	var answer error
	target := []sockdiag.Target{sockdiag.TargetOf(&row)}
	if err := b.diag.Destroy(context.Background(), target, func(_ int, err error) { answer = err }); err != nil {
		return err
	}
	return answer
}

// sysctlPath returns the file of a sysctl. The name is a full name such as
// net.core.somaxconn, or only the last part of one in net.ipv4. Names outside of net
// are refused, because only those in net belong to the namespace.
func sysctlPath(name string) (string, error) {
	if !strings.Contains(name, ".") {
		name = "net.ipv4." + name
	}
	clean := strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-")
	if !strings.HasPrefix(name, "net.") || clean != "" || strings.Contains(name, "..") {
		return "", problem.Errorf("sysctl %q: only those of net. belong to a network namespace", "sysctl %q：只有 net. 开头的属于网络命名空间", name)
	}
	return "/proc/sys/" + strings.ReplaceAll(name, ".", "/"), nil
}

// Sysctl reads a sysctl of the namespace. If the kernel does not have it, the error is
// a [*problem.UnsupportedError].
func (b *Testbed) Sysctl(name string) (string, error) {
	path, err := sysctlPath(name)
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(path)
	return strings.TrimSpace(string(data)), sysctlError(name, err)
}

// SetSysctl sets a sysctl of the namespace. If the kernel refuses the value, the error
// is its errno; for a missing sysctl it is a [*problem.UnsupportedError].
func (b *Testbed) SetSysctl(name, value string) error {
	path, err := sysctlPath(name)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return sysctlError(name, err)
	}
	_, err = file.WriteString(value)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return problem.Errorf("set sysctl %s to %q: %w", "把 sysctl %s 设为 %q：%w", name, value, err)
	}
	return nil
}

func sysctlError(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrNotExist):
		return &problem.UnsupportedError{Feature: "sysctl " + name, Reason: "this kernel does not have it in a network namespace", Zh: "这里没有 sysctl " + name + "：内核的网络命名空间中没有它"}
	default:
		return fmt.Errorf("sysctl %s: %w", name, err)
	}
}
