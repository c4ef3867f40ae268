// SPDX-License-Identifier: Apache-2.0

package script

import (
	"fmt"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/socket"
	"github.com/tcpvitals/tcpvitals/internal/tcp"
)

func (o sysctlOp) do(b *testbed.Testbed) error {
	if !o.check && !o.absent {
		return b.SetSysctl(o.name, o.value)
	}
	got, err := b.Sysctl(o.name)
	if o.absent {
		err = absent(testbed.Same("sysctl "+o.name), err)
	} else if err == nil && strings.Join(strings.Fields(got), " ") != o.value {
		err = &testbed.Failure{What: testbed.Same("sysctl " + o.name), Want: testbed.Same(o.value), Got: testbed.Same(got)}
	}
	if err == nil {
		text := testbed.Same("sysctl " + o.name + " = " + got)
		if o.absent {
			text = knowledge.Text{En: "sysctl " + o.name + " absent", Zh: "没有 sysctl " + o.name}
		}
		b.Checked("", text)
	}
	return err
}

func (o sendOp) do(b *testbed.Testbed) error   { return b.Send(o.flow, o.send) }
func (o expectOp) do(b *testbed.Testbed) error { return b.Expect(o.flow, o.expect) }

// quiet is for how long nothing may come if the script gives no time: no
// retransmission is due that early.
const quiet = 20 * time.Millisecond

func (o nothingOp) do(b *testbed.Testbed) error {
	wait := o.wait
	if wait == 0 {
		wait = quiet
	}
	err := b.ExpectNothing(o.flow, wait)
	if err == nil {
		b.Checked(o.flow, knowledge.Text{En: "no segment for " + wait.String(), Zh: wait.String() + " 内没有报文段"})
	}
	return err
}

func (o deliverOp) do(b *testbed.Testbed) error { return b.Deliver(o.label) }
func (o waitOp) do(b *testbed.Testbed) error    { return b.Wait(o.wait) }

func (o relayOp) do(b *testbed.Testbed) error {
	b.Relay(o.flow)
	return nil
}

func (o placeOp) do(b *testbed.Testbed) error {
	return b.Place(o.flow, o.host, o.peerPort, o.kernelPort)
}

func (o destroyOp) do(b *testbed.Testbed) error {
	return outcome(testbed.Same("ss -K"), o.fails, b.Destroy(o.flow))
}

func (o markOp) do(b *testbed.Testbed) error {
	b.Mark()
	return nil
}

func (o noteOp) do(b *testbed.Testbed) error {
	b.Note(o.note)
	return nil
}

func (o stateOp) do(b *testbed.Testbed) error { return b.State(o.flow, o.end, o.state, o.within) }

func (o peerStateOp) do(b *testbed.Testbed) error {
	if got := b.PeerState(o.flow); got != o.state {
		return &testbed.Failure{What: testbed.Of(o.flow, "state of the peer", "对端状态"), Want: testbed.Same(o.state), Got: testbed.Same(got)}
	}
	b.Checked(o.flow, knowledge.Text{En: "peer in " + o.state.String(), Zh: "对端处于 " + o.state.String()})
	return nil
}

func (o timerOp) do(b *testbed.Testbed) error {
	if o.exact.Max != 0 {
		return b.TimerBetween(o.flow, o.timer, o.exact)
	}
	return b.Timer(o.flow, o.timer, o.about)
}

func (o rowsOp) do(b *testbed.Testbed) error    { return b.RowCount(o.state, o.want, o.within) }
func (o counterOp) do(b *testbed.Testbed) error { return b.Counter(o.name, o.want, o.within) }

func (o sockstatOp) do(b *testbed.Testbed) error { return b.Sockstat(o.key, o.want) }

func (o seenOp) do(b *testbed.Testbed) error {
	if err := b.Wait(0); err != nil {
		return err
	}
	if got := b.Seen(o.flags); got != o.want {
		return &testbed.Failure{
			What: knowledge.Text{En: o.flags.String() + " sent by the kernel", Zh: "内核发送的 " + o.flags.String()},
			Want: testbed.Same(o.want), Got: testbed.Same(got),
		}
	}
	b.Checked("", knowledge.Text{En: fmt.Sprintf("%d segments %v sent", o.want, o.flags), Zh: fmt.Sprintf("发送了 %d 个 %v", o.want, o.flags)})
	return nil
}

func (o ownerOp) do(b *testbed.Testbed) error {
	row, found, err := b.Row(o.flow, record.Kernel)
	if err != nil {
		return err
	}
	want := o.text()
	if !found || !o.is(int(row.UID), row.Inode != 0) {
		return &testbed.Failure{What: testbed.Of(o.flow, "owner", "所有者"), Want: want, Got: ownerText(int(row.UID), row.Inode != 0)}
	}
	b.Checked(o.flow, knowledge.Text{En: "owner: " + want.En, Zh: "所有者：" + want.Zh})
	return nil
}

// unmapped is the user id that stands for ids without a mapping in a user namespace
// (include/linux/highuid.h DEFAULT_OVERFLOWUID). For a socket that belongs to no
// process, kernels before Linux 6.18 report the machine's root (net/core/sock.c
// sock_i_uid), who has no id in the user namespace of an unprivileged user.
const unmapped = 65534

func (o ownerOp) is(uid int, inode bool) bool {
	switch {
	case inode != o.inode:
		return false
	case o.none:
		return uid == 0 || uid == unmapped
	default:
		return o.anyone || uid == o.uid
	}
}

func (o ownerOp) text() knowledge.Text {
	switch {
	case o.none:
		return knowledge.Text{En: "uid 0 of the machine, no inode", Zh: "整机的 uid 0，没有 inode"}
	case o.anyone:
		return knowledge.Text{En: "no inode", Zh: "没有 inode"}
	default:
		return ownerText(o.uid, o.inode)
	}
}

func ownerText(uid int, inode bool) knowledge.Text {
	if inode {
		return knowledge.Text{En: fmt.Sprintf("uid %d, an inode", uid), Zh: fmt.Sprintf("uid %d，有 inode", uid)}
	}
	return knowledge.Text{En: fmt.Sprintf("uid %d, no inode", uid), Zh: fmt.Sprintf("uid %d，没有 inode", uid)}
}

func (o bulkOp) do(b *testbed.Testbed) error {
	begin := time.Now()
	if err := b.Kernel().Bulk(o.flow, o.size); err != nil {
		return err
	}
	if took := time.Since(begin); o.within != 0 && took > o.within {
		return &problem.UnsupportedError{
			Feature: fmt.Sprintf("a transfer of %d bytes within %v", o.size, o.within), Hint: "try again when the machine has less to do", HintZh: "机器不忙时再试",
			Reason: fmt.Sprintf("this machine took %v", took.Round(time.Millisecond)),
			Zh:     fmt.Sprintf("这里无法在 %v 内传输 %d 字节：本机用了 %v", o.within, o.size, took.Round(time.Millisecond)),
		}
	}
	return nil
}

func (o queuesOp) do(b *testbed.Testbed) error {
	return b.Await(knowledge.Text{En: "queues", Zh: "队列"}, testbed.Range{}, func() error { return o.check(b) })
}

func (o queuesOp) check(b *testbed.Testbed) error {
	row, err := o.row(b)
	if err != nil {
		return err
	}
	got := [2]int{int(row.RecvQ), int(row.SendQ)}
	for i, want := range [2]int{o.recv, o.send} {
		if want >= 0 && want != got[i] {
			return &testbed.Failure{
				What: testbed.Same([2]string{"Recv-Q", "Send-Q"}[i]), Want: testbed.Same(want), Got: testbed.Same(got[i]),
			}
		}
	}
	b.Checked(o.flow, testbed.Same(fmt.Sprintf("Recv-Q %d · Send-Q %d", got[0], got[1])))
	return nil
}

func (o queuesOp) row(b *testbed.Testbed) (socket.Socket, error) {
	if o.listener == "" {
		row, _, err := b.Row(o.flow, record.Kernel)
		return row, err
	}
	rows, err := b.Rows(tcp.SetOf(tcp.Listen))
	if err == nil && len(rows) != 1 {
		err = problem.Errorf("the queues of a listener can be told only when there is one: there are %d", "只有一个监听套接字时才能说明其队列：这里有 %d 个", len(rows))
	}
	if err != nil {
		return socket.Socket{}, err
	}
	return rows[0], nil
}
