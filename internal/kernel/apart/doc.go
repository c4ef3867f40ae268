// SPDX-License-Identifier: Apache-2.0

// Package apart gives a program that checks itself a network namespace of its
// own to make sockets in, so that it takes no port of the user's.
//
//	room, err := apart.New()
//	defer room.Close()
//	err = room.Do(func() error { return check() })
package apart
