// SPDX-License-Identifier: Apache-2.0

// Package condition compiles a condition for programs in the kernel: into the body of
// their function match, whose argument is the socket as a struct subject
// (../bpf/include/subject.h).
//
//	code, err := condition.Compile(condition, nil)
//	err = spec.Replace("match", code)
package condition
