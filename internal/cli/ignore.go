// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io/fs"

	"github.com/spf13/pflag"

	"github.com/tcpvitals/tcpvitals/internal/diagnose"
	"github.com/tcpvitals/tcpvitals/internal/problem"
)

// IgnoreOptions tell which findings the user has decided to ignore.
type IgnoreOptions struct {
	Ignore     []string
	IgnoreFile []string
}

func (o *IgnoreOptions) addFlags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.Ignore, "ignore", nil, "set the findings of this `CODE[:WHERE]` aside, WHERE being a filter such as 'sport = :443'; may be repeated")
	f.StringArrayVar(&o.IgnoreFile, "ignore-file", nil, "set aside what the lines of a `file` name: DAY CODE[:WHERE] # REASON; may be repeated")
}

// load reads what is to be ignored, before anything is examined.
func (o IgnoreOptions) load(env *Env) (all []diagnose.Ignore, err error) {
	for _, text := range o.Ignore {
		g, err := diagnose.ParseIgnore(text)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	for _, name := range o.IgnoreFile {
		text, err := readAll(env, name)
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			return nil, problem.Unreadable(name, failed)
		}
		if err != nil {
			return nil, err
		}
		lines, err := diagnose.ParseIgnores(name, text)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}
