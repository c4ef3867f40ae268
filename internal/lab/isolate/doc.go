// SPDX-License-Identifier: Apache-2.0

// Package isolate gives the lab network namespaces of its own, as root or, by
// starting the program anew in a user namespace, without being root.
//
// It is for making things in private; internal/kernel/netns looks into the
// namespaces of others.
//
//	if isolate.Check() != nil {
//		code, err := isolate.Again(ctx, os.Args, isolate.Streams{...}) // once
//	}
package isolate

import "io"

// Streams are the standard streams of a program started anew.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}
