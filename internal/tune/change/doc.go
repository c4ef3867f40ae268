// SPDX-License-Identifier: Apache-2.0

// Package change applies plans to a running kernel, and takes them back.
//
// Before each step a journal says what the step is, and is on the disk; so
// whatever fails or is killed, and at whichever system call, the next one who
// looks knows what to restore. One at a time: all steps are taken under a lock.
// The persistent file is written when a change is confirmed, not before, so that
// a reboot is a way back, too.
//
// It does not judge values; internal/tune/plan does. What it may not do is in
// docs/decisions/0008-changing-a-machine.md.
//
//	e := change.New(change.Options{StateDir: change.DefaultStateDir, Guard: guard, Now: time.Now})
//	c, err := e.Apply(ctx, p, change.ApplyOptions{Within: time.Minute})
//	err = e.Confirm(ctx, c.ID, false)
//	err = e.Rollback(ctx, c.ID, false)
package change
