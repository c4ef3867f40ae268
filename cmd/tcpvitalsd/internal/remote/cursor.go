// SPDX-License-Identifier: Apache-2.0

//go:build linux && (amd64 || arm64)

package remote

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/userfile"
)

// A cursor says how far a receiver has come. Times are in ms since 1970.
type cursor struct {
	// Sent is the time up to which it has everything, or has refused it.
	Sent int64 `json:"sent"`
	// Trying is the end of what was being sent when this was written: the receiver
	// may have that or not. It is never before Sent.
	Trying int64 `json:"trying"`
}

// cursorFile is a cursor as it is kept.
type cursorFile struct {
	Format string `json:"format"`
	// Receiver is its name, for who looks.
	Receiver string `json:"receiver"`
	cursor
}

const cursorFormat = "tcpvitals-remote-write/1"

// longestCursor is the greatest size of such a file in bytes.
const longestCursor = 4 << 10

func cursorPath(dir, receiver string) string { return filepath.Join(dir, receiver+".json") }

// loadCursor reads a cursor. there is false when there is none yet.
func loadCursor(dir, receiver string) (c cursor, there bool, err error) {
	name := cursorPath(dir, receiver)
	root, err := userfile.OpenRoot(dir)
	if err != nil {
		return cursor{}, false, problem.Unreadable(dir, err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	text, err := root.Read(filepath.Base(name), longestCursor)
	if userfile.IsMissing(err) {
		return cursor{}, false, nil
	}
	if err != nil {
		return cursor{}, false, problem.Unreadable(name, err)
	}
	var f cursorFile
	if err := json.Unmarshal(text, &f); err != nil || f.Format != cursorFormat || f.Sent < 0 || f.Trying < f.Sent {
		return cursor{}, false, &problem.InputError{
			Name: name, Msg: "it does not say up to when the receiver has the history", Hint: "without the file, sending begins with what is newest: remove it to go on so",
			Zh: "其中没有说明接收端已有到何时为止的历史", HintZh: "没有此文件时从最新的样本开始发送：若要如此，请删除它",
		}
	}
	return f.cursor, true, nil
}

// save keeps the cursor.
func (c cursor) save(dir, receiver string) error {
	_, err := userfile.Replace(cursorPath(dir, receiver), 0o600, func(w io.Writer) error {
		text, err := json.Marshal(cursorFile{cursorFormat, receiver, c})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", text)
		return err
	})
	return err
}
