// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package rawfile

import "os"

// ReadAll is [os.ReadFile] here.
func ReadAll(path string) ([]byte, error) { return os.ReadFile(path) }
