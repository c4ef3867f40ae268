// SPDX-License-Identifier: Apache-2.0

// Package wire connects a scripted peer to the kernel. The kernel receives what is
// written to a Wire as packets from a network; what the kernel sends to that network
// can be read from the Wire.
//
// There are two kinds: a TUN device, if /dev/net/tun can be opened, and a pair of
// virtual Ethernet devices with a packet socket on the far end. The pair needs no
// device node and so works in an unprivileged user namespace too.
//
// Open a Wire only in a network namespace of your own, on a locked thread: it creates
// devices and gives them addresses.
//
//	w, err := wire.Open(wire.Auto)  // 192.0.2.1 and 2001:db8::1 are the kernel's
//	w.Write(packet)
//	n, err := w.Read(buf, time.Second)
package wire
