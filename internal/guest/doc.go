// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command guest runs the tests that need a kernel on other kernels than this
// machine's: it boots Debian's kernels in QEMU, without KVM, with an initramfs
// of its own in which the same program is /init, runs one test binary after
// the other there, and prints what `go test -json` would.
//
// It is for this project's Makefile, not part of the product. It uses no root
// image, no network and no module tools in the guest; a boot takes seconds.
// What runs in the guest sees this tree at the same place as on this machine,
// and the host's ss, netstat, awk and the like.
//
//	make test-kernels                    every kernel
//	make test-kernels ON=6.1             one of them
//	make test-kernels ON=6.12 PKG=./internal/kernel/sockdiag RUN=TestStates
//
// The kernels are fetched once from Debian with apt-get and kept in the user's
// cache, or in the directory that KERNELS names.
package main
