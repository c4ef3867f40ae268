// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// durationVar is pflag's, but a bare number means seconds: --window 10 is ten
// seconds.
func durationVar(f *pflag.FlagSet, d *time.Duration, name string, value time.Duration, usage string) {
	*d = value
	f.Var((*seconds)(d), name, usage)
}

// seconds is a duration on the command line.
type seconds time.Duration

// errDuration tells how a duration is written.
var errDuration = problem.New("a time is a number of seconds, or a number with its unit: 10, 500ms, 2m", "时间是秒数，或带单位的数字：10、500ms、2m")

// Set parses 10, 500ms and 2m.
func (s *seconds) Set(text string) error {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		*s = seconds(time.Duration(n) * time.Second)
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return errDuration
	}
	*s = seconds(d)
	return nil
}

// String writes the duration as help shows a default.
func (s *seconds) String() string { return shortest(time.Duration(*s)) }

// shortest writes a duration as people type it: 3h where time.Duration writes 3h0m0s.
func shortest(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Type is the word that help shows for a value.
func (s *seconds) Type() string { return "duration" }
