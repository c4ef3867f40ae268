// SPDX-License-Identifier: Apache-2.0

package script

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/lab/record"
	"github.com/tcpvitals/tcpvitals/internal/lab/segment"
	"github.com/tcpvitals/tcpvitals/internal/lab/testbed"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// caller is implemented by every call of ops.go on Linux. A refusal by the kernel is a
// unix.Errno.
type caller interface {
	make(b *testbed.Testbed, h testbed.Host, flow string) error
}

func (o callOp) do(b *testbed.Testbed) error {
	host := b.Kernel()
	if o.end == record.Peer {
		host = b.OtherHost()
	}
	if e, ok := o.call.(errorCall); ok {
		return e.await(b, host, o.flow, o.fails)
	}
	return outcome(knowledge.Text{En: "the call", Zh: "调用"}, o.fails, o.call.(caller).make(b, host, o.flow))
}

// outcome compares the result of a call with the expected one.
func outcome(what knowledge.Text, fails string, err error) error {
	errno, refused := errors.AsType[unix.Errno](err)
	if err != nil && !refused {
		return err
	}
	success := knowledge.Text{En: "success", Zh: "成功"}
	want, got := success, success
	if fails != "" {
		want = testbed.Same(fails)
	}
	if refused {
		got = testbed.Same(unix.ErrnoName(errno))
	}
	if want == got {
		return nil
	}
	return &testbed.Failure{What: what, Want: want, Got: got}
}

func (c listenCall) make(_ *testbed.Testbed, h testbed.Host, _ string) error {
	return h.Listen(c.name, c.backlog, c.bind)
}

func (c bindCall) make(_ *testbed.Testbed, h testbed.Host, flow string) error {
	return h.Bind(flow, c.bind)
}

func (c connectCall) make(_ *testbed.Testbed, h testbed.Host, flow string) error {
	return h.Connect(flow, c.options)
}

func (c acceptCall) make(_ *testbed.Testbed, h testbed.Host, flow string) error {
	return h.Accept(flow, c.listener)
}

func (c writeCall) make(_ *testbed.Testbed, h testbed.Host, flow string) error {
	if c.blocks.Max != 0 {
		return h.WriteBlocking(flow, c.blocks)
	}
	if c.size != 0 {
		return h.Write(flow, filler(c.size))
	}
	return h.Write(flow, c.data)
}

func (c readCall) make(_ *testbed.Testbed, h testbed.Host, flow string) error {
	if c.blocks.Max != 0 {
		return h.ReadBlocking(flow, c.blocks)
	}
	if !c.eof && c.want == "" {
		_, err := h.Read(flow, 1)
		return err
	}
	got, err := h.ReadAll(flow, len(c.want))
	if err != nil {
		return err
	}
	if string(got) == c.want {
		return nothingMore(h, flow, c.want)
	}
	want := testbed.Same(strconv.Quote(c.want))
	if c.eof {
		want = knowledge.Text{En: "the end of the stream", Zh: "数据流结束"}
	}
	return &testbed.Failure{What: readOf(flow), Want: want, Got: testbed.Same(strconv.Quote(string(got)))}
}

// nothingMore fails if more data is there than was read: a script that checks only the
// first bytes would not notice unexpected ones after them.
func nothingMore(h testbed.Host, flow, read string) error {
	more, err := h.Unread(flow)
	if err != nil || more == 0 {
		return err
	}
	return &testbed.Failure{
		What: readOf(flow), Want: knowledge.Text{En: fmt.Sprintf("%q and nothing more", read), Zh: fmt.Sprintf("只有 %q", read)},
		Got: knowledge.Text{En: fmt.Sprintf("%q and %d bytes more", read, more), Zh: fmt.Sprintf("%q 之外还有 %d 字节", read, more)},
	}
}

// readOf is a read() of a connection.
func readOf(flow string) knowledge.Text { return testbed.Of(flow, "read()", " read()") }

func (c shutdownCall) make(_ *testbed.Testbed, h testbed.Host, flow string) error {
	if c.write {
		return h.Shutdown(flow, unix.SHUT_WR)
	}
	return h.Shutdown(flow, unix.SHUT_RD)
}

func (c closeCall) make(b *testbed.Testbed, h testbed.Host, flow string) error {
	if c.listener != "" {
		return h.Close(c.listener)
	}
	if c.blocks.Max == 0 {
		return h.Close(flow)
	}
	meanwhile := func() error { return nil }
	if c.serve {
		meanwhile = acknowledgeOnce(b, flow, c.blocks.Min)
	}
	took, err := h.CloseBlocking(flow, c.blocks.Max, meanwhile)
	if err == nil && took < c.blocks.Min {
		err = &testbed.Failure{
			What: testbed.Of(flow, "close()", " close()"), Want: knowledge.Text{En: "to block for " + c.blocks.Min.String(), Zh: "阻塞 " + c.blocks.Min.String()},
			Got: testbed.Same(took.Round(time.Millisecond)),
		}
	}
	return err
}

// acknowledgeOnce returns a function that makes the peer acknowledge our FIN after a
// while.
func acknowledgeOnce(b *testbed.Testbed, flow string, after time.Duration) func() error {
	begin, done := time.Now(), false
	return func() error {
		if done || time.Since(begin) < after {
			return nil
		}
		done = true
		if err := b.Expect(flow, testbed.Expect{Flags: segment.FIN | segment.ACK}); err != nil {
			return err
		}
		return b.Send(flow, testbed.Send{Flags: segment.ACK})
	}
}

func (c optionCall) make(_ *testbed.Testbed, h testbed.Host, flow string) error {
	if c.listener != "" {
		flow = c.listener
	}
	return h.Option(flow, c.name, c.value)
}

func (c chownCall) make(_ *testbed.Testbed, h testbed.Host, flow string) error {
	err := h.Chown(flow, c.uid)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EPERM) {
		return &problem.UnsupportedError{
			Feature: fmt.Sprintf("user id %d", c.uid), Reason: "a user namespace of an unprivileged user has one user id only",
			Zh: fmt.Sprintf("这里不支持用户 id %d：普通用户的用户命名空间只有一个用户 id", c.uid),
		}
	}
	return err
}

// await waits for the pending error of a socket.
func (c errorCall) await(b *testbed.Testbed, h testbed.Host, flow, fails string) error {
	what := testbed.Of(flow, "SO_ERROR", " SO_ERROR")
	if fails == "" {
		return outcome(what, fails, h.SocketError(flow))
	}
	return b.Await(what, c.within, func() error {
		return outcome(what, fails, h.PendingError(flow))
	})
}
