// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// standardOutput is where answers go.
func standardOutput() io.Writer {
	if closedOutput() {
		return &noOutput{}
	}
	return os.Stdout
}

// noOutput replaces a standard output that was closed at the start.
type noOutput struct{ lost bool }

// Write discards p and remembers that output was lost.
func (n *noOutput) Write(p []byte) (int, error) {
	n.lost = n.lost || len(p) > 0
	return len(p), nil
}

// unseen returns an error if an answer was lost; nil if there was none, or if
// standard output is open.
func unseen(w io.Writer) error {
	if n, ok := w.(*noOutput); !ok || !n.lost {
		return nil
	}
	return problem.New("standard output is closed: for an answer that is not wanted, use >/dev/null", "标准输出已关闭：不需要结果时请用 >/dev/null")
}
