// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package cli_test

// showsBound is about Linux.
func showsBound() (bool, error) { return false, nil }

// unverified is about Linux.
func unverified() {}
