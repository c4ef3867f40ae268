// SPDX-License-Identifier: Apache-2.0

// Package detach starts a process that outlives whatever started it: the terminal,
// the SSH connection, the process with its group and session.
//
// It is not a supervisor: nothing restarts the process. A service manager that ends
// all processes of a login ends it as well.
//
//	// in the parent
//	err := detach.Start([]string{"guard", "--fork"}, 5*time.Second)
//	// in the child that was started with --fork
//	return detach.Fork([]string{"guard"})
//	// in the process that stays
//	err := detach.Ready()
package detach
