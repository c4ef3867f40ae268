// SPDX-License-Identifier: Apache-2.0

package testbed

import "fmt"

// Failure says that the kernel did something other than expected.
type Failure struct {
	What string // what was checked, such as "state of a"
	Want string
	Got  string
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s: expected %s, got %s", f.What, f.Want, f.Got)
}

// Chinese is the error in Chinese; What stays in the words of the script.
func (f *Failure) Chinese() string {
	return fmt.Sprintf("%s：预期 %s，实际 %s", f.What, f.Want, f.Got)
}
