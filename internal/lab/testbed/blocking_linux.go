// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// ReadBlocking reads one byte in blocking mode and checks how long that takes. The
// socket must have SO_RCVTIMEO set, or it could block for ever.
func (h Host) ReadBlocking(name string, r Range) error {
	buf := make([]byte, 1)
	return h.blocking(name, "read()", unix.SO_RCVTIMEO, r, func(fd int) error {
		_, err := unix.Read(fd, buf)
		return err
	})
}

// WriteBlocking fills the send queue, then writes one more byte in blocking mode and
// checks how long that takes. The socket must have SO_SNDTIMEO set.
func (h Host) WriteBlocking(name string, r Range) error {
	fd, err := h.fd(name)
	if err != nil {
		return err
	}
	data := make([]byte, 64<<10)
	for err == nil {
		_, err = unix.SendmsgN(fd, data, nil, nil, unix.MSG_NOSIGNAL)
	}
	if !errors.Is(err, unix.EAGAIN) {
		return h.done(name, "write()", err)
	}
	return h.blocking(name, "write()", unix.SO_SNDTIMEO, r, func(fd int) error {
		_, err := unix.SendmsgN(fd, data[:1], nil, nil, unix.MSG_NOSIGNAL)
		return err
	})
}

func (h Host) blocking(name, text string, timeout int, r Range, call func(fd int) error) error {
	fd, err := h.fd(name)
	if err != nil {
		return err
	}
	limit, err := unix.GetsockoptTimeval(fd, unix.SOL_SOCKET, timeout)
	if err != nil {
		return err
	}
	if limit.Nano() == 0 {
		return problem.Errorf("%s of %q could block for ever: set SO_RCVTIMEO or SO_SNDTIMEO first", "%s（%q）可能永远阻塞：请先设置 SO_RCVTIMEO 或 SO_SNDTIMEO", text, name)
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		return err
	}
	begin := time.Now()
	err = call(fd)
	took := time.Since(begin)
	if restored := unix.SetNonblock(fd, true); restored != nil {
		return restored
	}
	lasted := took.Round(10 * time.Millisecond).String()
	err = h.said(name, knowledge.Text{En: text + " blocked for " + lasted, Zh: text + " 阻塞了 " + lasted}, err)
	if took < r.Min || took > r.limit() {
		return &Failure{What: callOf(text, name), Want: toBlock(r), Got: rounded(took)}
	}
	return err
}
