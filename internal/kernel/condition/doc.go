// SPDX-License-Identifier: Apache-2.0

// Package condition lets programs in the kernel decide on conditions: it puts a
// condition together as the body of their function match, which gets the socket at
// hand as a struct subject (../bpf/include/subject.h).
//
//	code, err := condition.Compile(condition, nil)
//	err = spec.Replace("match", code)
package condition
