// SPDX-License-Identifier: Apache-2.0

// Package park is machines on which nothing is wrong, however odd their numbers
// look, and some that are steadily sick. Its tests put the doctor to all of them
// at once, again and again: a healthy one must hear nothing above info, a sick
// one the same findings every time.
//
// A machine is a network namespace, or two with a wire between them, in which
// programs run as processes of their own. The programs are this test binary.
//
//	PARK_ROUNDS=20 go test -run TestHealthy ./internal/park
//	PARK_ONLY='pool|proxy' go test -run TestHealthy ./internal/park
package park
