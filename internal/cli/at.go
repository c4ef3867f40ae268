// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
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

// pick returns the snapshot that answers, and reports its time to the user; "" if no
// time was asked for. others says that the source was also named in another way.
func (o *AtOptions) pick(env *Env, lang knowledge.Lang, others bool) (string, error) {
	if o.At == "" {
		return "", nil
	}
	if others {
		return "", &problem.UsageError{
			Msg: "--at chooses the snapshot, so that --from and a file exclude it", Hint: "leave one of them out",
			Zh: "--at 已选定快照，不能再给 --from 或文件", HintZh: "请去掉其中一个",
		}
	}
	at, p, err := kept.Choose(o.DataDir, o.At, env.Now())
	if err != nil {
		return "", err
	}
	tellPicture(env, lang, at, &p)
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

// tellPicture writes to standard error which snapshot answers.
func tellPicture(env *Env, lang knowledge.Lang, at time.Time, p *kept.Picture) {
	_, _ = fmt.Fprintf(env.Stderr, "tcpvitals: %s\n", visible.Text(p.Answers(at).In(lang))) // an error here does not affect the answer
}

// fromSeries lets tcpvitalsd count by state from the numbers of its history, if no
// snapshot answers for a time and nothing else was asked for. Otherwise it returns the
// error of the snapshots.
func (o *CensusOptions) fromSeries(env *Env, filter string, none error) error {
	plain := (o.By == "" || o.By == "state") && filter == "" && o.Sum == "" && o.Top == 0 && !o.Verbose && !o.Explain && o.Netns == "" && o.ProcRoot == "" &&
		o.Sample == "" && o.Within == 0 && o.Trace == 0 && !o.again()
	if _, ok := errors.AsType[*kept.NoneError](none); !ok || !plain || checkOutput(o.Output) != nil {
		return none
	}
	if _, err := env.findDaemon(); err != nil || env.Exec == nil {
		return none
	}
	args := []string{"census", "--at", o.At, "--data-dir", o.DataDir, "--output", o.Output}
	if o.Lang != "" {
		args = append(args, "--lang", o.Lang)
	}
	return env.startDaemon(args...)
}
