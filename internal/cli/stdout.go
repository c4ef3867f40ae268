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

// noOutput takes the place of a standard output that was closed.
type noOutput struct{ lost bool }

// Write takes what nobody will see.
func (n *noOutput) Write(p []byte) (int, error) {
	n.lost = n.lost || len(p) > 0
	return len(p), nil
}

// unseen says that an answer went nowhere; nil when there was none, or when
// somebody sees it.
func unseen(w io.Writer) error {
	if n, ok := w.(*noOutput); !ok || !n.lost {
		return nil
	}
	return problem.New("standard output is closed: for an answer that is not wanted, use >/dev/null", "标准输出已关闭：不需要结果时请用 >/dev/null")
}
