// SPDX-License-Identifier: Apache-2.0

package procfs

import (
	"errors"
	"testing"
)

func TestHidepid(t *testing.T) {
	proc := func(options string) Mount { return Mount{Point: "/proc", Type: "proc", Options: options} }
	in := func(groups ...int) func() ([]int, error) {
		return func() ([]int, error) { return groups, nil }
	}
	tests := []struct {
		name   string
		m      Mount
		groups func() ([]int, error)
		want   string
	}{
		{"none", proc("rw"), in(), ""},
		{"off", proc("rw,hidepid=off"), in(), ""},
		{"listed but closed", proc("rw,hidepid=1"), in(), ""},
		{"number", proc("rw,gid=27,hidepid=2"), in(100), "hidepid=2"},
		{"word", proc("rw,hidepid=invisible"), in(), "hidepid=invisible"},
		{"member of the group", proc("rw,gid=27,hidepid=invisible"), in(100, 27), ""},
		{"ptraceable heeds no group", proc("rw,gid=27,hidepid=ptraceable"), in(27), "hidepid=ptraceable"},
		{"groups unknown", proc("rw,gid=27,hidepid=2"), func() ([]int, error) { return nil, errors.New("x") }, "hidepid=2"},
		{"not a proc mount", Mount{Type: "tmpfs", Options: "hidepid=2"}, in(), ""},
	}
	for _, tt := range tests {
		if got := hidepid(tt.m, tt.groups); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
