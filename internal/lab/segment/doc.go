// SPDX-License-Identifier: Apache-2.0

// Package segment encodes and decodes TCP segments with their IPv4 or IPv6 headers, as
// on a wire without a link layer.
//
// The lab's scripted peer uses it. It is not a TCP: it keeps no state, knows four
// options, and neither fragments nor reassembles.
//
//	packet := segment.Append(nil, &segment.Segment{Src: peer, Dst: kernel, Flags: segment.SYN, Seq: 1000})
//	got, err := segment.Decode(packet)
package segment
