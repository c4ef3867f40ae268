// SPDX-License-Identifier: Apache-2.0

package change

import (
	"slices"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/knowledge"
)

// State is the state of a change.
type State string

// The states of a change. A change stays in one of the first three only if the
// process was killed; the next process that takes the lock completes it.
const (
	Applying   State = "applying"
	Confirming State = "confirming"
	Restoring  State = "restoring"

	Pending    State = "pending"     // restored after the deadline unless confirmed
	Applied    State = "applied"     // set until the next reboot
	Confirmed  State = "confirmed"   // set permanently
	RolledBack State = "rolled back" // restored by the user
	Failed     State = "failed"      // setting a value failed, and everything was restored
	Expired    State = "expired"     // nobody confirmed: the guard restored the values
	Rebooted   State = "ended by a reboot"
	Gone       State = "ended with its namespace"
	// Undone is the status of unconfirmed values that are the old ones again: someone
	// has set them, or the journal could not be written because the disk was full.
	Undone State = "undone"
	// Unseen is the status of a change whose namespace was not found while some
	// processes could not be read.
	Unseen State = "not found"
	// Damaged is the status of a change whose journal cannot be read or trusted.
	Damaged State = "damaged"
)

// Text returns the state in words.
func (s State) Text() knowledge.Text {
	zh := map[State]string{
		Applying: "正在应用", Confirming: "正在确认", Restoring: "正在恢复",
		Pending: "等待确认", Applied: "已应用", Confirmed: "已确认",
		RolledBack: "已撤回", Failed: "失败，已全部恢复", Expired: "未在时限内确认，已恢复", Rebooted: "随重启结束", Gone: "随网络命名空间结束",
		Undone: "已不生效", Unseen: "找不到", Damaged: "已损坏",
	}[s]
	return inBoth(string(s), zh)
}

// Active reports whether the new values should be set.
func (s State) Active() bool { return s == Pending || s == Applied || s == Confirmed }

// unsettled reports whether a process was killed in the middle.
func (s State) unsettled() bool { return s == Applying || s == Confirming || s == Restoring }

// A Change is a plan that was applied, as its journal tells.
type Change struct {
	Header
	State   State
	Records []Record

	before State  // state before a confirmation or restoration that has not ended
	last   string // the key being written
	size   int64  // bytes of complete lines in the journal
	torn   bool   // an incomplete line follows
}

// Began returns when the change was begun.
func (c *Change) Began() time.Time { return c.Records[0].At }

// replay computes a change from the lines of its journal. It need not be told whether
// an incomplete line follows: removing none does no harm.
func replay(records []Record, size int64) *Change {
	c := &Change{Header: *records[0].Change, State: Applying, size: size, torn: true}
	c.Records = records[:1]
	for _, r := range records[1:] {
		c.add(r)
	}
	return c
}

func (c *Change) add(r Record) {
	c.Records = append(slices.Clip(c.Records), r)
	switch r.Step {
	case stepBegin: // always the first line
	case stepWrite:
		c.last = r.Key
	case stepApplied:
		c.last = ""
		c.State = Applied
		if c.Deadline != nil {
			c.State = Pending
		}
	case stepPersist:
		c.before, c.State = c.State, Confirming
	case stepConfirmed:
		c.State = Confirmed
	case stepNotPersist, stepKept:
		c.State = c.before
	case stepRestore:
		if c.State != Restoring {
			c.before = c.State
		}
		c.State = Restoring
	case stepRestored:
		c.State = ended(r.By)
	}
}

func ended(by By) State {
	switch by {
	case ByUser:
		return RolledBack
	case ByGuard:
		return Expired
	case ByReboot:
		return Rebooted
	case ByEnd:
		return Gone
	default:
		return Failed
	}
}
