// SPDX-License-Identifier: Apache-2.0

// Package isolate makes network namespaces for the lab: as root, or, without root, by
// starting the program again in a user namespace.
//
// It makes new namespaces; internal/kernel/netns enters existing ones.
//
//	if isolate.Check() != nil {
//		code, err := isolate.Again(ctx, os.Args, isolate.Streams{...}) // once
//	}
package isolate

import "io"

// Streams are the standard streams of the program that Again starts.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}
