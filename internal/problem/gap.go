// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// A Gap is something that could not be read, with the reason. Unknown is not
// zero: whoever shows an answer shows its gaps.
//
// A reader gives the reason as a code with arguments. The sentence for it, in
// each language, is in internal/knowledge (reason.go), and [Gap.Reason] is only
// for what the system itself said. Gaps are compared with ==.
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
	// Structural says that the source never shows this: nothing that it could
	// have shown was lost this time. A command succeeds with structural gaps;
	// with any other its data is partial.
	Structural bool `json:"structural,omitempty"`
	// Side is the source that the gap is of where two are compared, such as
	// "OLD"; otherwise "".
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
	raw, _ := json.Marshal(texts) // texts always can
	return Args(raw)
}

// Texts returns the arguments one by one.
func (a Args) Texts() (texts []string) {
	_ = json.Unmarshal([]byte(a), &texts) // "" has none
	return texts
}

// Unread makes a gap from a code and what fills the blanks of its sentence.
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

// NeverShown marks the gap as structural.
func (g Gap) NeverShown() Gap {
	g.Structural = true
	return g
}
