// SPDX-License-Identifier: Apache-2.0

// Package change applies plans to a running kernel and takes them back.
//
// A journal records each step on disk before the step is taken. Whatever fails or is
// killed, at whichever system call, the next process that reads the journal knows
// what to restore. All steps are taken under a lock, so one process works at a time.
// The persistent file is written only when a change is confirmed: before that, a
// reboot is a way back too.
//
// The package does not judge values; internal/tune/plan does.
// docs/decisions/0008-changing-a-machine.md says what it may not do.
//
//	e := change.New(change.Options{StateDir: change.DefaultStateDir, Guard: guard, Now: time.Now})
//	c, err := e.Apply(ctx, p, change.ApplyOptions{Within: time.Minute})
//	err = e.Confirm(ctx, c.ID, false)
//	err = e.Rollback(ctx, c.ID, false)
package change
