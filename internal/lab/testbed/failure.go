// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// Failure says that the kernel did something other than expected.
type Failure struct {
	What knowledge.Text // what was checked, such as "state of a"
	Want knowledge.Text
	Got  knowledge.Text
}

func (f *Failure) Error() string { return f.Text().En }

// Chinese is the error in Chinese.
func (f *Failure) Chinese() string { return f.Text().Zh }

// Text is the failure in both languages.
func (f *Failure) Text() knowledge.Text {
	return knowledge.Text{
		En: fmt.Sprintf("%s: expected %s, got %s", f.What.En, f.Want.En, f.Got.En),
		Zh: fmt.Sprintf("%s：预期 %s，实际 %s", f.What.Zh, f.Want.Zh, f.Got.Zh),
	}
}

// Same is a text that is the same in every language: names, numbers, what a script says.
func Same(value any) knowledge.Text {
	text := fmt.Sprint(value)
	return knowledge.Text{En: text, Zh: text}
}

// Of is something of a connection or a socket with a name in the script, such as its
// state.
func Of(name, en, zh string) knowledge.Text {
	return knowledge.Text{En: en + " of " + name, Zh: name + " 的" + zh}
}

// callOf is a system call on a socket with a name in the script.
func callOf(call, name string) knowledge.Text { return Of(name, call, " "+call) }

// toBlock is how long a call was to block.
func toBlock(r Range) knowledge.Text {
	return knowledge.Text{
		En: fmt.Sprintf("to block for %v to %v", r.Min, r.limit()),
		Zh: fmt.Sprintf("阻塞 %v 到 %v", r.Min, r.limit()),
	}
}

// rounded is a time as it is shown.
func rounded(d time.Duration) knowledge.Text { return Same(d.Round(time.Millisecond)) }
