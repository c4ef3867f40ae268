// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/render"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// tuneSchema names the form of the documents of tune; see docs/json.md.
const tuneSchema = "tcpvitals.tune/1"

func newTuneCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tune",
		Short: "Change kernel parameters with a reason, a check and a way back",
		Long: `Change kernel parameters the way a careful engineer would: audit judges what the
files set, a plan says what to change and why, apply sets it in the running
kernel and keeps a journal, confirm makes it last, rollback takes it back, verify
tells whether it helped.`,
		Example: `  tcpvitals tune plan --from-doctor > web.plan
  tcpvitals tune apply web.plan --confirm-within 60s
  tcpvitals tune confirm 7
  tcpvitals tune verify 7
  tcpvitals tune rollback 7`,
		Args: groupArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	groupLang(cmd)
	cmd.AddCommand(
		newTuneAuditCommand(env),
		newTunePlanCommand(env),
		newTuneApplyCommand(env),
		newTuneConfirmCommand(env),
		newTuneRollbackCommand(env),
		newTuneStatusCommand(env),
		newTuneLogCommand(env),
		newTuneVerifyCommand(env),
		newTuneGuardCommand(env),
	)
	return cmd
}

// TunePlaces are the flags for the directories of a change.
type TunePlaces struct {
	StateDir string
	EtcDir   string
	Lang     string
}

func (o *TunePlaces) addFlags(f *pflag.FlagSet) {
	addLangFlag(f, &o.Lang)
	f.StringVar(&o.StateDir, "state-dir", change.DefaultStateDir, "where journals are kept")
	f.StringVar(&o.EtcDir, "etc-dir", "", "where confirmed changes are kept (default: "+change.DefaultEtcDir+", for the network namespace of process 1)")
	for _, name := range []string{"state-dir", "etc-dir"} {
		if err := f.MarkHidden(name); err != nil {
			panic(err) // the flag was added above
		}
	}
}

// changer returns a Changer for this host.
func (o TunePlaces) changer(env *Env) *change.Changer {
	args := []string{"tune", guardCommand, "--state-dir=" + o.StateDir}
	if o.EtcDir != "" {
		args = append(args, "--etc-dir="+o.EtcDir)
	}
	return change.New(change.Options{
		StateDir: o.StateDir, EtcDir: o.EtcDir, Now: env.Now, User: whoIsIt(env),
		Guard: change.Process{Args: args, SystemdRun: change.DetectSystemd()},
	})
}

// whoIsIt returns the user who called sudo, else the present user.
func whoIsIt(env *Env) string {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME"} {
		if user := env.Getenv(name); user != "" {
			return user
		}
	}
	return "uid " + strconv.Itoa(os.Getuid())
}

// changeArg checks the optional number of a change.
func changeArg(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return &problem.UsageError{Msg: fmt.Sprintf("%s takes the number of one change", cmd.CommandPath()), Hint: "tcpvitals tune status shows them", Zh: fmt.Sprintf("%s 只需要一个改动的编号", cmd.CommandPath()), HintZh: "tcpvitals tune status 列出各次改动"}
	}
	if len(args) == 1 {
		if n, err := strconv.Atoi(args[0]); err != nil || n < 1 {
			return &problem.UsageError{Msg: fmt.Sprintf("%q is no number of a change", args[0]), Hint: "tcpvitals tune status shows them", Zh: fmt.Sprintf("%q 不是改动的编号", args[0]), HintZh: "tcpvitals tune status 列出各次改动"}
		}
	}
	return nil
}

// changeID returns the number that changeArg has accepted, 0 for none.
func changeID(args []string) int {
	if len(args) == 0 {
		return 0
	}
	id, err := strconv.Atoi(args[0])
	if err != nil {
		return 0 // changeArg has refused it
	}
	return id
}

// tuneOutputs are those of tune's commands.
func tuneOutputs() []string { return []string{outputTable, outputJSON} }

// arrow returns "4096 -> 8192", with blanks instead of the kernel's tabs.
func arrow(from, to string) string { return shown(from) + " -> " + shown(to) }

// shown returns a value in readable form.
func shown(value string) string {
	if value = strings.Join(strings.Fields(value), " "); value == "" {
		return `""`
	}
	return value
}

// columns writes rows with aligned columns; the last column is not padded.
func columns(env *Env, rows [][]string) error {
	var width []int
	for _, row := range rows {
		for i, cell := range row {
			row[i] = visible.Text(cell)
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], render.Width(row[i]))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(render.Pad(cell, width[i]) + "  ")
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return env.say(b.String())
}

// A declinedError ends a command whose question was not answered with yes, and says
// what was not done.
type declinedError struct{ undone knowledge.Text }

func (e *declinedError) Error() string { return e.undone.En + ": the answer was not yes" }

// Chinese is the error in Chinese.
func (e *declinedError) Chinese() string { return e.undone.Zh + "：回答不是 yes" }

// agreed asks and reads the answer from standard input. After any answer but yes the
// error says what was not done.
func agreed(ctx context.Context, env *Env, question string, undone knowledge.Text) error {
	if err := env.say(question); err != nil {
		return err
	}
	if err := env.flush(); err != nil {
		return err
	}
	answer := make(chan string, 1)
	go func() { answer <- readLine(env.Stdin) }()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-answer:
		// A signal, Ctrl-C or SIGTERM, may be on its way when the answer is read.
		if err := env.settled(ctx); err != nil {
			return err
		}
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes", "是":
			return nil
		default:
			return &declinedError{undone}
		}
	}
}

// settle is how long it may take to notice a signal that came before an answer: the
// kernel delivers it to a thread, and the runtime to a goroutine.
const settle = 50 * time.Millisecond

// settled waits for settle, and returns what has ended the command meanwhile.
func (e *Env) settled(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case <-time.After(settle):
	}
	return ctx.Err()
}

// readLine reads byte by byte, so that it takes nothing after the line. It returns ""
// if the input ends before the line does.
func readLine(r io.Reader) string {
	var line []byte
	one := make([]byte, 1)
	for len(line) < 100 {
		n, err := r.Read(one)
		if n == 1 && one[0] == '\n' {
			return string(line)
		}
		if err != nil {
			break
		}
		line = append(line, one[:n]...)
	}
	return ""
}
