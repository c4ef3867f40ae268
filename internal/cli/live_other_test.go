// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package cli_test

// showsBound concerns Linux only.
func showsBound() (bool, error) { return false, nil }

// unverified concerns Linux only.
func unverified() {}
