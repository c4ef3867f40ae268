// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/kept"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// AtOptions are the flags of a command that can answer for a past time.
type AtOptions struct {
	At      string
	DataDir string
}

func (o *AtOptions) addFlags(f *pflag.FlagSet) {
	f.StringVar(&o.At, "at", "", "answer from the snapshot that tcpvitalsd kept nearest to this `time`: 03:00 (the last one, local time), 2026-11-30T03:00:00Z, '2h ago'")
	f.StringVar(&o.DataDir, "data-dir", kept.DefaultData, "with --at: the `directory` in which tcpvitalsd keeps its history")
}

// mostApart is how far the time of a snapshot may be from the time that was asked
// for.
const mostApart = 10 * time.Minute

// pick returns the snapshot that answers, and reports its time to the user; "" if no
// time was asked for. others says that the source was also named in another way.
func (o *AtOptions) pick(env *Env, lang knowledge.Lang, others bool) (string, error) {
	if o.At == "" {
		return "", nil
	}
	at, all, err := o.pictures(env, others)
	if err != nil {
		return "", err
	}
	p, ok := kept.Near(all, at)
	if !ok || p.At.Sub(at).Abs() > mostApart {
		return "", o.none(at, p, ok)
	}
	tellPicture(env, lang, at, p)
	return p.Name, nil
}

// pickAt replaces the file of --from by the snapshot that answers.
func (o *AtOptions) pickAt(env *Env, langFlag string, from *string) error {
	lang, err := language(env, langFlag)
	if err != nil || o.At == "" {
		return err
	}
	*from, err = o.pick(env, lang, *from != "")
	return err
}

// pictures parses the time and lists the kept snapshots.
func (o *AtOptions) pictures(env *Env, others bool) (time.Time, []kept.Picture, error) {
	if others {
		return time.Time{}, nil, &problem.UsageError{
			Msg: "--at chooses the snapshot, so that --from and a file exclude it", Hint: "leave one of them out",
			Zh: "--at 已选定快照，不能再给 --from 或文件", HintZh: "请去掉其中一个",
		}
	}
	at, err := pastTime(o.At, env.Now())
	if err != nil {
		return time.Time{}, nil, err
	}
	dir := kept.Dir(o.DataDir)
	all, err := kept.List(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return at, nil, &problem.InputError{
			Name: dir, Msg: "no snapshots are kept there", Hint: "tcpvitals serve --data-dir DIR keeps them around findings; --data-dir names another directory",
			Zh: "那里没有保存快照", HintZh: "tcpvitals serve --data-dir DIR 会在诊断发现前后保存快照；用 --data-dir 指定其他目录",
		}
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

// none returns the error that no snapshot answers.
func (o *AtOptions) none(at time.Time, p kept.Picture, ok bool) error {
	e := &problem.InputError{
		Name: kept.Dir(o.DataDir), Msg: "no snapshot was kept within " + mostApart.String() + " of " + clock(at), Zh: clock(at) + " 前后 10 分钟内没有保存快照",
		Hint: "snapshots are kept around findings; tcpvitals history shows the numbers and findings of all the time", HintZh: "只在诊断发现前后保存快照；tcpvitals history 显示全部时间的数字和发现",
	}
	if ok {
		e.Msg += "; the nearest is of " + clock(p.At)
		e.Zh += "；最近的一个是 " + clock(p.At)
	}
	return e
}

func clock(at time.Time) string { return at.Local().Format("2006-01-02 15:04:05") }

// tellPicture writes to standard error which snapshot answers.
func tellPicture(env *Env, lang knowledge.Lang, at time.Time, p kept.Picture) {
	apart := p.At.Sub(at).Round(time.Second)
	when := knowledge.Text{En: apart.String() + " later", Zh: "晚 " + apart.String()}
	if apart <= 0 {
		when = knowledge.Text{En: (-apart).String() + " earlier", Zh: "早 " + (-apart).String()}
	}
	why := map[kept.Role]knowledge.Text{
		kept.Passing: {En: "taken in passing", Zh: "例行快照"},
		kept.Before:  {En: "the last one before " + p.Rule, Zh: p.Rule + " 出现之前的最后一个"},
		kept.Found:   {En: "when " + p.Rule + " was found", Zh: "发现 " + p.Rule + " 时"},
		kept.After:   {En: "a while after " + p.Rule, Zh: p.Rule + " 之后"},
	}[p.Role]
	said := knowledge.Text{
		En: fmt.Sprintf("of %s the snapshot of %s tells (%s; %s): %s", clock(at), clock(p.At), when.En, why.En, p.Name),
		Zh: fmt.Sprintf("%s 由 %s 的快照回答（%s；%s）：%s", clock(at), clock(p.At), when.Zh, why.Zh, p.Name),
	}
	_, _ = fmt.Fprintf(env.Stderr, "tcpvitals: %s\n", visible.Text(said.In(lang))) // an error here does not affect the answer
}

// pastTime parses a time in the past: a time of day (the last one that has passed), a
// date with a time, RFC 3339, or how long ago.
func pastTime(text string, now time.Time) (time.Time, error) {
	at, ok := kept.ParseTime(text, now)
	if !ok {
		return at, &problem.UsageError{
			Msg: fmt.Sprintf("--at is no time: %q", text), Hint: "for example 03:00, '2026-11-30 03:00', 2026-11-30T03:00:00Z or '2h ago'",
			Zh: fmt.Sprintf("--at 不是时间：%q", text), HintZh: "例如 03:00、'2026-11-30 03:00'、2026-11-30T03:00:00Z 或 '2h ago'",
		}
	}
	if at.After(now) {
		return at, &problem.UsageError{
			Msg: "--at is not over yet: " + clock(at), Hint: "03:00 is the last one; a date is taken as it is",
			Zh: "--at 的时间还没到：" + clock(at), HintZh: "03:00 指最近的一次；带日期的时间按原样理解",
		}
	}
	return at, nil
}
