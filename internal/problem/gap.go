// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// A Gap is something that could not be read, with the reason. Unknown is not zero:
// whoever shows an answer shows its gaps.
//
// A reader gives the reason as a code with arguments. internal/knowledge (reason.go)
// has its sentence in each language. [Gap.Reason] is only for texts of the system
// itself. Gaps can be compared with ==.
type Gap struct {
	// Source is what was to be read, such as "sock_diag", "/proc/net/tcp6" or
	// "line 17".
	Source string `json:"source"`
	// Code names the reason; "" where Reason is all that is known.
	Code Code `json:"code,omitempty"`
	// Args fill the blanks of the sentence, in their order.
	Args Args `json:"args,omitzero"`
	// Reason is what the system said. In a snapshot it is the whole sentence in
	// English too, for readers that do not know the code.
	Reason string `json:"reason"`
	// Structural says that the source can never show this: nothing was lost this
	// time. A command succeeds if all its gaps are structural; with any other gap its
	// data is partial.
	Structural bool `json:"structural,omitempty"`
	// Side names the source of the gap if two are compared, such as "OLD"; else "".
	Side string `json:"side,omitempty"`
}

// Args are the arguments of a reason: a list of texts as JSON, so that gaps stay
// small and can be compared.
type Args string

// MarshalJSON writes the list.
func (a Args) MarshalJSON() ([]byte, error) { return []byte(a), nil }

// UnmarshalJSON takes a list of texts, and nothing else.
func (a *Args) UnmarshalJSON(raw []byte) error {
	var texts []string
	if err := json.Unmarshal(raw, &texts); err != nil {
		return err
	}
	*a = ArgsOf(texts)
	return nil
}

// ArgsOf makes arguments from texts; none are "".
func ArgsOf(texts []string) Args {
	if len(texts) == 0 {
		return ""
	}
	raw, _ := json.Marshal(texts) // a list of strings can always be marshalled
	return Args(raw)
}

// Texts returns the arguments one by one.
func (a Args) Texts() (texts []string) {
	_ = json.Unmarshal([]byte(a), &texts) // "" has no texts
	return texts
}

// Unread makes a gap from a code and the arguments of its sentence.
func Unread(source string, code Code, args ...any) Gap {
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = fmt.Sprint(arg)
	}
	return Gap{Source: source, Code: code, Args: ArgsOf(texts)}
}

// Failed makes a gap from the error of a source that could not be read.
func Failed(source string, err error) Gap {
	if errors.Is(err, fs.ErrPermission) {
		return Unread(source, Denied, err)
	}
	if zh := Wording(err, true); zh != err.Error() {
		return Unread(source, Said, err, zh)
	}
	return Gap{Source: source, Reason: err.Error()}
}

// Lossy reports whether something was lost that could have been read: a gap that is not
// structural.
func Lossy(gaps []Gap) bool {
	return slices.ContainsFunc(gaps, func(g Gap) bool { return !g.Structural })
}

// NeverShown marks the gap as structural.
func (g Gap) NeverShown() Gap {
	g.Structural = true
	return g
}
