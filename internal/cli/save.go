// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"io/fs"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// stdoutName is the name of standard output on the command line.
const stdoutName = "-"

// saveTo writes to a file that the user named, or to standard output, and returns the
// number of bytes. Every command that writes a file uses it.
func saveTo(env *Env, name string, mode fs.FileMode, write func(io.Writer) error) (size int64, err error) {
	if name != stdoutName {
		return userfile.Save(name, mode, write)
	}
	out := counted{w: env.Stdout}
	err = write(&out)
	return out.n, err
}

// binaryTo is saveTo for output that must not go to a terminal.
func binaryTo(env *Env, name string, mode fs.FileMode, write func(io.Writer) error) (size int64, err error) {
	if _, terminal := env.Terminal(); terminal && name == stdoutName {
		return 0, &problem.UsageError{Msg: "standard output is a terminal, and this is no text", Hint: "name a file, or use a pipe or > FILE", Zh: "标准输出是终端，而这不是文本", HintZh: "请给出文件名，或用管道或 > FILE"}
	}
	return saveTo(env, name, mode, write)
}

// counted counts the bytes that are written to w.
type counted struct {
	w io.Writer
	n int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
