// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/kill"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/report"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// openJournal opens the journal; nil if no journal is wanted.
func (k *killer) openJournal() (*kill.Journal, error) {
	if k.NoLog {
		return nil, nil //nolint:nilnil // a nil journal is valid
	}
	return kill.OpenJournal(k.StateDir)
}

// journal records the beginning of a run, and returns a function that records its
// end.
func (k *killer) journal(p *kill.Preview, j *kill.Journal) (end func(*kill.Result, error) error, err error) {
	if j == nil {
		return func(*kill.Result, error) error { return nil }, nil
	}
	about := k.src.About()
	now := k.env.Now()
	r := kill.Record{
		Run: strconv.FormatInt(now.UnixNano(), 36), At: now.UTC().Truncate(time.Millisecond), User: whoIsIt(k.env),
		Boot: about.Boot(), Scope: about.Scope, Filter: k.filter, Shown: len(p.Victims),
	}
	if err := j.Note(r); err != nil {
		return nil, err
	}
	return func(result *kill.Result, failure error) error {
		r.Ended = true
		r.Killed, r.Gone, r.Refused, r.NotShown = result.Count(kill.Killed), result.Count(kill.Gone), result.Count(kill.Left), len(result.NotShown)
		if failure != nil {
			r.Error = failure.Error()
		}
		return j.Note(r)
	}, nil
}

// killLogDocument is the JSON form of the journal.
type killLogDocument struct {
	Schema string        `json:"schema"`
	Runs   []kill.Record `json:"runs"`
	Gaps   []report.Gap  `json:"gaps"`
}

func runKillLog(env *Env, o KillOptions, args []string) error {
	if err := checkOutputIn(o.Output, killOutputs()); err != nil {
		return err
	}
	if len(args) > 0 {
		return &problem.UsageError{Msg: "--log takes no filter: it shows every run", Hint: "tcpvitals kill --log", Zh: "--log 不接受过滤条件：它列出每次运行", HintZh: "tcpvitals kill --log"}
	}
	runs, gaps, err := kill.ReadJournal(o.StateDir)
	if err != nil {
		return err
	}
	if o.Output == outputJSON {
		err = report.JSON(env.Stdout, killLogDocument{
			Schema: "tcpvitals.kill-log/1", Runs: append([]kill.Record{}, runs...), Gaps: report.Gaps(gaps),
		})
	} else {
		err = showKillLog(env, o, runs, gaps)
	}
	if err == nil && len(gaps) > 0 {
		return errPartial
	}
	return err
}

func showKillLog(env *Env, o KillOptions, runs []kill.Record, gaps []problem.Gap) error {
	lang, err := language(env, o.Lang)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		if err := lines(env, tuneWord(lang, "the journal knows of no run", "日志中没有任何记录")); err != nil {
			return err
		}
	}
	rows := make([][]string, len(runs))
	for i, r := range runs {
		what := fmt.Sprintf(tuneWord(lang, "killed %d, gone %d, refused %d of %d", "已关闭 %d，已消失 %d，被拒绝 %d，共 %d"), r.Killed, r.Gone, r.Refused, r.Shown)
		if !r.Ended {
			what = fmt.Sprintf(tuneWord(lang, "started with %d and never finished", "已开始（%d 个），但没有结束记录"), r.Shown)
		}
		if r.Error != "" {
			what += ": " + r.Error
		}
		rows[i] = []string{r.At.Local().Format(time.DateTime), visible.Text(r.User), visible.Text(strings.TrimSpace(r.Scope)), visible.Text(what), visible.Text(r.Filter)}
	}
	if err := columns(env, rows); err != nil {
		return err
	}
	for _, g := range gaps {
		if err := lines(env, visible.Text(knowledge.GapText(g).In(lang))); err != nil {
			return err
		}
	}
	return nil
}
