// SPDX-License-Identifier: Apache-2.0

// Package park has machines on which nothing is wrong, however odd their numbers look,
// and some with a permanent fault. Its tests run the doctor on all of them at once,
// many times: on a healthy machine it must find nothing above info, on a faulty one
// the same findings every time.
//
// A machine is a network namespace, or two joined by a wire, in which programs run as
// separate processes. This test binary contains all the programs.
//
//	PARK_ROUNDS=20 go test -run TestHealthy ./internal/park
//	PARK_ONLY='pool|proxy' go test -run TestHealthy ./internal/park
package park
