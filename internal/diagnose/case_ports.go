// SPDX-License-Identifier: Apache-2.0

package diagnose

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

// PortUses returns how many local ports are left for each destination, the fullest
// destination first. ok is false if that is not known.
func (c *Case) PortUses() (uses []PortUse, ok bool) {
	space, ok := c.portSpace()
	if !ok || space == nil {
		return nil, ok
	}
	if c.portUses == nil { // three rules need it
		var past *PortReading
		if c.Before != nil && c.Before.Sockets != nil {
			past = c.Before.Sockets.Ports
		}
		c.portUses = JudgePorts(c.Now.Sockets.Ports, past, c.Window)
	}
	return c.portUses, true
}

// portSpace returns the ports of the namespace, nil if no socket has a port of the
// range. ok is false if the ports are not known.
func (c *Case) portSpace() (space *portSpace, ok bool) {
	if c.Now.Sockets.Ports == nil || c.Now.Sockets.Counts {
		c.Lacks("ports", knowledge.Text{En: "this source does not show the addresses and ports of single sockets", Zh: "该数据来源不显示单个套接字的地址和端口"})
		return nil, false
	}
	if _, ok := c.portRange(); !ok {
		return nil, false
	}
	ports := c.Now.Sockets.Ports
	return ports.spaces[c.netns()], ports.Rules[c.netns()] != nil
}

// portRange returns the range from which connect() chooses a local port.
func (c *Case) portRange() (r [2]uint16, ok bool) {
	both, ok := c.Sysctls(SysctlPortRange, 2)
	if !ok {
		return r, false
	}
	return [2]uint16{uint16(both[0]), uint16(both[1])}, true
}

// netns is the inode under which readings file the namespace.
func (c *Case) netns() uint64 {
	if c.Now.Netns == nil {
		return 0
	}
	return c.Now.Netns.Inode
}
