// SPDX-License-Identifier: Apache-2.0

package cli

import "github.com/spf13/cobra"

func newTuneCommand(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tune",
		Short: "Judge kernel parameters and the files that set them",
		Args:  groupArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTuneAuditCommand(env))
	return cmd
}
