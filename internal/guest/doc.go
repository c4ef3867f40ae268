// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command guest runs the kernel tests on kernels other than this machine's. It boots
// Debian's kernels in QEMU, without KVM, with an initramfs in which this same program
// is /init, runs one test binary after the other there, and prints what `go test
// -json` would print.
//
// It is for this project's Makefile and not part of the product. The guest has no root
// image, no network and no module tools; booting takes seconds. Programs in the guest
// see this source tree at the same path as on this machine, and the host's ss,
// netstat, awk and similar tools.
//
//	make test-kernels                    every kernel
//	make test-kernels ON=6.1             one of them
//	make test-kernels ON=6.12 PKG=./internal/kernel/sockdiag RUN=TestStates
//
// The kernels are downloaded once from Debian with apt-get and kept in the user's
// cache, or in the directory that KERNELS names.
package main
