// SPDX-License-Identifier: Apache-2.0

package kept

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// MostApart is how far the time of a snapshot may be from the time that was asked
// for.
const MostApart = 10 * time.Minute

// A NoneError says that no snapshot answers for a time.
type NoneError struct{ *problem.InputError }

// Unwrap returns the error with the way out.
func (e *NoneError) Unwrap() error { return e.InputError }

// Choose returns the time that a text means, and the snapshot below the directory of
// the history that answers for it. Errors are those of [ListAt] and of [None].
func Choose(data, text string, now time.Time) (at time.Time, p Picture, err error) {
	at, all, err := ListAt(data, text, now)
	if err != nil {
		return at, p, err
	}
	p, ok := Near(all, at)
	if !ok || p.At.Sub(at).Abs() > MostApart {
		return at, p, None(data, at, p, ok)
	}
	return at, p, nil
}

// ListAt parses a time that is over, and lists the snapshots below the directory of
// the history. The error is a [*problem.UsageError] for a text that is no such time,
// a [*NoneError] where no snapshots are kept, a [*problem.PermissionError], or the
// system's.
func ListAt(data, text string, now time.Time) (at time.Time, all []Picture, err error) {
	if at, err = PastTime(text, now); err != nil {
		return at, nil, err
	}
	dir := Dir(data)
	all, err = List(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return at, nil, &NoneError{&problem.InputError{
			Name: dir, Msg: "no snapshots are kept there", Hint: "tcpvitals serve --data-dir DIR keeps them around findings; --data-dir names another directory",
			Zh: "那里没有保存快照", HintZh: "tcpvitals serve --data-dir DIR 会在诊断发现前后保存快照；用 --data-dir 指定其他目录",
		}}
	case errors.Is(err, fs.ErrPermission):
		return at, nil, &problem.PermissionError{
			Op: "read " + dir, Err: fs.ErrPermission, Hint: "root may, or the user of tcpvitalsd",
			OpZh: "读取 " + dir, HintZh: "root 或 tcpvitalsd 的用户可以读取",
		}
	case err != nil:
		return at, nil, problem.Errorf("look for snapshots: %w", "查找快照：%w", err)
	}
	return at, all, nil
}

// None returns the [*NoneError] for a time; ok says that p is the nearest snapshot.
func None(data string, at time.Time, p Picture, ok bool) error {
	e := &problem.InputError{
		Name: Dir(data), Msg: "no snapshot was kept within " + MostApart.String() + " of " + Clock(at), Zh: Clock(at) + " 前后 10 分钟内没有保存快照",
		Hint: "snapshots are kept around findings; tcpvitals history shows the numbers and findings of all the time", HintZh: "只在诊断发现前后保存快照；tcpvitals history 显示全部时间的数字和发现",
	}
	if ok {
		e.Msg += "; the nearest is of " + Clock(p.At)
		e.Zh += "；最近的一个是 " + Clock(p.At)
	}
	return &NoneError{e}
}

// Clock returns a time as it is told to people: local, to the second.
func Clock(at time.Time) string { return at.Local().Format("2006-01-02 15:04:05") }

// Answers says that this snapshot answers for a time.
func (p *Picture) Answers(at time.Time) knowledge.Text {
	apart := p.At.Sub(at).Round(time.Second)
	when := knowledge.Text{En: apart.String() + " later", Zh: "晚 " + apart.String()}
	if apart <= 0 {
		when = knowledge.Text{En: (-apart).String() + " earlier", Zh: "早 " + (-apart).String()}
	}
	why := map[Role]knowledge.Text{
		Passing: {En: "taken in passing", Zh: "例行快照"},
		Before:  {En: "the last one before " + p.Rule, Zh: p.Rule + " 出现之前的最后一个"},
		Found:   {En: "when " + p.Rule + " was found", Zh: "发现 " + p.Rule + " 时"},
		After:   {En: "a while after " + p.Rule, Zh: p.Rule + " 之后"},
	}[p.Role]
	return knowledge.Text{
		En: fmt.Sprintf("of %s the snapshot of %s tells (%s; %s): %s", Clock(at), Clock(p.At), when.En, why.En, p.Name),
		Zh: fmt.Sprintf("%s 由 %s 的快照回答（%s；%s）：%s", Clock(at), Clock(p.At), when.Zh, why.Zh, p.Name),
	}
}

// PastTime parses a time in the past: a time of day (the last one that has passed), a
// date with a time, RFC 3339, or how long ago. The error is a [*problem.UsageError].
func PastTime(text string, now time.Time) (time.Time, error) {
	at, ok := ParseTime(text, now)
	if !ok {
		return at, &problem.UsageError{
			Msg: fmt.Sprintf("--at is no time: %q", text), Hint: "for example 03:00, '2026-11-30 03:00', 2026-11-30T03:00:00Z or '2h ago'",
			Zh: fmt.Sprintf("--at 不是时间：%q", text), HintZh: "例如 03:00、'2026-11-30 03:00'、2026-11-30T03:00:00Z 或 '2h ago'",
		}
	}
	if at.After(now) {
		return at, &problem.UsageError{
			Msg: "--at is not over yet: " + Clock(at), Hint: "03:00 is the last one; a date is taken as it is",
			Zh: "--at 的时间还没到：" + Clock(at), HintZh: "03:00 指最近的一次；带日期的时间按原样理解",
		}
	}
	return at, nil
}
