// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"errors"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/visible"
)

// Wording is what an error says; the kinds of this package say it in Chinese too.
func Wording(err error, chinese bool) string {
	if input, ok := errors.AsType[*InputError](err); ok && chinese && input.Zh != "" {
		return visible.Text(input.Name) + "：" + input.Zh
	}
	if usage, ok := errors.AsType[*UsageError](err); ok && chinese && usage.Zh != "" {
		return usage.Zh
	}
	if syntax, ok := errors.AsType[*SyntaxError](err); ok && chinese && syntax.Zh != "" {
		// What stands before it, such as the place, is the same in both languages.
		return strings.TrimSuffix(err.Error(), syntax.Msg) + syntax.Zh
	}
	if permission, ok := errors.AsType[*PermissionError](err); ok && chinese {
		return permission.Chinese()
	}
	if unsupported, ok := errors.AsType[*UnsupportedError](err); ok && chinese {
		return unsupported.Chinese()
	}
	return err.Error()
}

// Hint returns what to do about an error, or "".
func Hint(err error, chinese bool) string {
	var (
		usage       *UsageError
		syntax      *SyntaxError
		input       *InputError
		unsupported *UnsupportedError
		permission  *PermissionError
		hinter      interface{ Hint() string }
	)
	switch {
	case errors.As(err, &usage) && chinese && usage.HintZh != "":
		return usage.HintZh
	case errors.As(err, &usage):
		return usage.Hint
	case errors.As(err, &permission) && chinese && permission.HintZh != "":
		return permission.HintZh
	case errors.As(err, &permission):
		return permission.Hint
	case errors.As(err, &syntax) && chinese && syntax.HintZh != "":
		return syntax.HintZh
	case errors.As(err, &syntax):
		return syntax.Hint
	case errors.As(err, &input) && chinese && input.HintZh != "":
		return input.HintZh
	case errors.As(err, &input):
		return input.Hint
	case errors.As(err, &unsupported) && chinese && unsupported.HintZh != "":
		return unsupported.HintZh
	case errors.As(err, &unsupported):
		return unsupported.Hint
	case errors.As(err, &hinter):
		return hinter.Hint()
	default:
		return ""
	}
}

// Lines is what is said of an error, each error that was joined to another one
// on a line of its own. Another line feed comes from what others wrote, and makes
// no line.
func Lines(err error, text string) string {
	switch e := err.(type) { //nolint:errorlint // the tree is walked here
	case interface{ Unwrap() []error }:
		parts := e.Unwrap()
		lines := make([]string, len(parts))
		for i, part := range parts {
			lines[i] = part.Error()
		}
		if text != strings.Join(lines, "\n") {
			break
		}
		for i, part := range parts {
			lines[i] = Lines(part, lines[i])
		}
		return strings.Join(lines, "\n")
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner == nil {
			break
		}
		before, after, found := strings.Cut(text, inner.Error())
		if found {
			return visible.Text(before) + Lines(inner, inner.Error()) + visible.Text(after)
		}
	}
	return visible.Text(text)
}
