// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"errors"
	"fmt"
	"slices"
)

// said is an error with a sentence in two languages.
type said struct {
	error // in English, with what it wraps

	zh   string // the format in Chinese
	args []any
}

// New is [errors.New] in English and in Chinese.
func New(en, zh string) error { return &said{error: errors.New(en), zh: "%s", args: []any{zh}} }

// Errorf is [fmt.Errorf] in English and in Chinese. Both formats take the same
// arguments in the same order; an error among them is in Chinese in the second.
func Errorf(en, zh string, args ...any) error {
	return &said{error: fmt.Errorf(en, args...), zh: zh, args: args}
}

// Chinese is the error in Chinese, with what it wraps.
func (e *said) Chinese() string {
	args := slices.Clone(e.args)
	for i, arg := range args {
		if err, ok := arg.(error); ok {
			args[i] = errors.New(Wording(err, true))
		}
	}
	return fmt.Errorf(e.zh, args...).Error()
}

// Unwrap returns the English error, which wraps what this one wraps.
func (e *said) Unwrap() error { return e.error }
