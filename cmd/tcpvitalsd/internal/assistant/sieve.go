// SPDX-License-Identifier: Apache-2.0

package assistant

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// mostLine is the greatest length of a message in bytes. Questions are short.
const mostLine = 1 << 20

// A sieve passes on lines that are messages of the protocol. Others are logged and
// left out: the library would end at the first one.
type sieve struct {
	from io.Closer
	in   *bufio.Reader
	log  *slog.Logger
	open *unanswered
	left []byte // rest of a line that is being passed on
}

func newSieve(from io.ReadCloser, open *unanswered, log *slog.Logger) *sieve {
	return &sieve{from: from, in: bufio.NewReader(from), open: open, log: log}
}

// Read implements [io.Reader].
func (s *sieve) Read(p []byte) (int, error) {
	for len(s.left) == 0 {
		line, whole, err := s.line()
		if len(bytes.TrimSpace(line)) == 0 {
			if err != nil {
				s.open.wait()
				return 0, err
			}
			continue
		}
		if refused := s.check(line, whole); refused != nil {
			s.log.Warn("a line is no message of the protocol", "line", visible.Excerpt(string(line[:min(len(line), 200)])), "error", refused)
			continue
		}
		s.left = append(bytes.TrimSpace(line), '\n')
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

// Why a line is refused.
var (
	errTooLong = problem.New("it is longer than a mebibyte", "超过 1 MiB")
	errNoJSON  = problem.New("it is not one value of JSON", "不是单个 JSON 值")
)

// check returns why a line is no message. Messages in an array are none: no version of
// the protocol that is in use has them.
func (s *sieve) check(line []byte, whole bool) error {
	if !whole {
		return errTooLong
	}
	if !json.Valid(line) { // the decoder of messages looks at the first value alone
		return errNoJSON
	}
	m, err := jsonrpc.DecodeMessage(line)
	if r, ok := m.(*jsonrpc.Request); ok && err == nil && r.IsCall() {
		s.open.asked()
	}
	return err
}

// line returns the next line. whole is false for a line that is too long, of which only
// the beginning is returned. The error is that of reading, with the last line.
func (s *sieve) line() (line []byte, whole bool, err error) {
	whole = true
	for {
		part, err := s.in.ReadSlice('\n')
		if len(line)+len(part) > mostLine {
			part, whole = part[:max(0, mostLine-len(line))], false
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, whole, err
		}
	}
}

// Close closes what is read from.
func (s *sieve) Close() error { return s.from.Close() }
