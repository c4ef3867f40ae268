// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tcpvitals/tcpvitals/internal/engine"
	"github.com/tcpvitals/tcpvitals/internal/knowledge"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

func newSnapshotCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "Keep this host's sockets in a file, to ask later or elsewhere",
		Long: `A snapshot is a file with all that can be known of this host's TCP sockets and
their owners, with the counters, parameters and limits that explain them, and
with what could not be read. Every command that has --from answers from it as
the host itself would have, without privilege and on any system.`,
		Args: groupArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSnapshotSaveCommand(env), newSnapshotInfoCommand(env))
	return cmd
}

// groupArgs refuses a word after a command that only has commands.
func groupArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &problem.UsageError{Msg: fmt.Sprintf("unknown command %q", cmd.CommandPath()+" "+args[0]), Hint: cmd.CommandPath() + " --help lists the commands"}
}

// fileArg takes the name of one file.
func fileArg(cmd *cobra.Command, args []string) error {
	if len(args) == 1 && args[0] != "" {
		return nil
	}
	return &problem.UsageError{Msg: cmd.CommandPath() + " takes the name of one file", Hint: cmd.CommandPath() + " --help"}
}

// SnapshotSaveOptions are the flags of snapshot save.
type SnapshotSaveOptions struct {
	Engine string
	Netns  string
	Redact bool
}

func newSnapshotSaveCommand(env *Env) *cobra.Command {
	var o SnapshotSaveOptions
	cmd := &cobra.Command{
		Use:   "save FILE",
		Short: "Save this host's sockets, owners, counters and parameters",
		Long: `Save all that can be known of this host's TCP sockets. The file can be read by
its owner only. It is written beside its place and then renamed, so that there
never is half of one.

--redact replaces addresses, so that those with a common prefix still have one
of the same length, the host's name and users' names, and drops command lines.
Names of processes, units and containers stay, and so do ports.`,
		Example: `  tcpvitals snapshot save web1.snap
  tcpvitals snapshot save --netns all --redact for-support.snap
  tcpvitals census --from web1.snap --by process,state`,
		Args: fileArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSnapshotSave(cmd.Context(), env, o, args[0])
		},
	}
	cmd.Flags().StringVar(&o.Engine, "engine", engine.Auto, "who reads the socket table: auto, sock_diag or procfs")
	cmd.Flags().StringVar(&o.Netns, "netns", "", "network namespaces: self, all, a path, a name, a process id or a container")
	cmd.Flags().BoolVar(&o.Redact, "redact", false, "replace addresses and names of hosts and users, and drop command lines")
	completeFlags(cmd, map[string][]string{"engine": engine.RowNames(), "netns": {"self", "all"}})
	return cmd
}

func runSnapshotSave(ctx context.Context, env *Env, o SnapshotSaveOptions, name string) error {
	host, _ := env.Hostname() // a nameless host is saved without a name
	options := engine.SaveOptions{
		Options: engine.Options{Engine: o.Engine, Netns: o.Netns},
		Host:    host, Program: env.Version, Now: env.Now(), Redact: o.Redact,
	}
	var saved *engine.Saved
	size, err := writeFile(name, func(w io.Writer) (err error) {
		saved, err = engine.Save(ctx, options, w)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "%s: %s sockets in %s bytes\n", name, knowledge.Grouped(saved.Sockets), knowledge.Grouped(uint64(size)))
	if err != nil {
		return err
	}
	for _, g := range saved.Gaps {
		_, _ = fmt.Fprintf(env.Stderr, "tcpvitals: saved without %s: %s\n", g.Source, g.Reason)
	}
	if saved.Partial() {
		return errPartial
	}
	return nil
}

// writeFile writes a file that is only there when it is whole: beside its
// place, readable by its owner alone, then renamed.
func writeFile(name string, write func(io.Writer) error) (size int64, err error) {
	if info, err := os.Stat(name); name == stdinName || err == nil && !info.Mode().IsRegular() {
		return 0, &problem.UsageError{Msg: name + " is no file that could be replaced", Hint: "name a file, such as host.snap"}
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*") // mode 0600
	if err != nil {
		return 0, outputError(name, err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, outputError(name, err)
	}
	if err := f.Close(); err != nil {
		return 0, outputError(name, err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return 0, outputError(name, err)
	}
	return info.Size(), nil
}

// outputError says which file could not be written.
func outputError(name string, err error) error { return fmt.Errorf("write %s: %w", name, err) }
