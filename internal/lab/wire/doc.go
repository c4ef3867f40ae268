// SPDX-License-Identifier: Apache-2.0

// Package wire connects a scripted peer to the kernel: whatever is written to
// a Wire the kernel receives as packets from a network, and whatever the
// kernel sends to that network is read from it.
//
// There are two: a TUN device, where /dev/net/tun may be opened, and a pair of
// virtual Ethernet devices with a packet socket on the far end, which needs no
// device node and so works in an unprivileged user namespace as well.
//
// Open a Wire only in a network namespace of your own, on a locked thread: it
// creates devices and gives them addresses.
//
//	w, err := wire.Open(wire.Auto)  // 192.0.2.1 and 2001:db8::1 are the kernel's
//	w.Write(packet)
//	n, err := w.Read(buf, time.Second)
package wire
