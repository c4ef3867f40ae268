// SPDX-License-Identifier: Apache-2.0

package testnet

import "os/exec"

// A Cmd is an [exec.Cmd] that runs inside a namespace: a child process starts in the
// namespace of the thread that starts it.
type Cmd struct {
	*exec.Cmd
	ns *NS
}

// Command returns a command that will run inside the namespace.
func (ns *NS) Command(name string, args ...string) *Cmd {
	return &Cmd{Cmd: exec.Command(name, args...), ns: ns}
}

// Start is [exec.Cmd.Start] inside the namespace. Wait for it as usual.
func (c *Cmd) Start() (err error) {
	c.ns.t.Helper()
	c.ns.Do(func() { err = c.Cmd.Start() })
	return err
}

// Run is [exec.Cmd.Run] inside the namespace.
func (c *Cmd) Run() (err error) {
	c.ns.t.Helper()
	c.ns.Do(func() { err = c.Cmd.Run() })
	return err
}

// Output is [exec.Cmd.Output] inside the namespace.
func (c *Cmd) Output() (out []byte, err error) {
	c.ns.t.Helper()
	c.ns.Do(func() { out, err = c.Cmd.Output() })
	return out, err
}

// CombinedOutput is [exec.Cmd.CombinedOutput] inside the namespace.
func (c *Cmd) CombinedOutput() (out []byte, err error) {
	c.ns.t.Helper()
	c.ns.Do(func() { out, err = c.Cmd.CombinedOutput() })
	return out, err
}
