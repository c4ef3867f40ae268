// SPDX-License-Identifier: Apache-2.0

// Package testnet gives a test a new network namespace, says what a test requires of
// the machine, and finds files and goroutines that a package's tests leave behind.
//
// It is for tests only; the product enters namespaces through internal/kernel/netns.
// Making a namespace needs root. On systems other than Linux, every test that asks for
// one is skipped.
//
//	func TestCensus(t *testing.T) {
//		ns := testnet.New(t, testnet.Options{}) // lo is up; gone when the test ends
//		ns.SetSysctl("net.ipv4.tcp_fin_timeout", "1")
//		ns.Do(func() { ln, err = net.Listen("tcp", "127.0.0.1:0") })
//		out, err := ns.Command("ss", "-tan").Output()
//	}
//
//	func TestMain(m *testing.M) { testnet.Main(m) } // fails when fds or goroutines leak
package testnet
