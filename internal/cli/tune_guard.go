// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/tune/change"
)

// TuneGuardOptions are the flags of tune guard.
type TuneGuardOptions struct {
	TunePlaces
	Within time.Duration
	Fork   bool
}

const guardCommand = "guard"

// newTuneGuardCommand returns the command that tune apply, confirm and rollback
// start.
func newTuneGuardCommand(env *Env) *cobra.Command {
	var o TuneGuardOptions
	cmd := &cobra.Command{
		Use:    guardCommand + " ID",
		Short:  "Take a change back unless it is confirmed",
		Hidden: true,
		Args:   changeArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTuneGuard(cmd.Context(), env, o, changeID(args))
		},
	}
	o.addFlags(cmd.Flags())
	durationVar(cmd.Flags(), &o.Within, "within", 0, "how long to wait; below 0: only put right what a killed command leaves")
	cmd.Flags().BoolVar(&o.Fork, "fork", false, "go on in a session of its own")
	return cmd
}

func runTuneGuard(ctx context.Context, env *Env, o TuneGuardOptions, id int) error {
	if id == 0 {
		return &problem.UsageError{Msg: "tune guard takes the number of a change", Zh: "tune guard 需要改动的编号"}
	}
	if o.Fork {
		var args []string
		for _, arg := range env.Args[1:] {
			if !strings.HasPrefix(arg, "--fork") {
				args = append(args, arg)
			}
		}
		return change.ForkGuard(args)
	}
	// If the guard is told to end, it takes the change back at once, so that no
	// unguarded change remains. It ignores SIGHUP: a lost terminal is the very case
	// for which the guard exists.
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	if err := change.GuardReady(); err != nil {
		return err
	}
	return o.changer(env).Attend(ctx, id, o.Within)
}
