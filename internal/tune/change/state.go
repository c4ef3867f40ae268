// SPDX-License-Identifier: Apache-2.0

package change

import (
	"slices"
	"time"
)

// State is how far a change has come.
type State string

// The states of a change. The first three are left only when the program is
// killed in the middle, and are put right by the next one who takes the lock.
const (
	Applying   State = "applying"
	Confirming State = "confirming"
	Restoring  State = "restoring"

	Pending    State = "pending"     // comes back unless confirmed
	Applied    State = "applied"     // until the next reboot
	Confirmed  State = "confirmed"   // for good
	RolledBack State = "rolled back" // by the user
	Failed     State = "failed"      // and everything was restored
	Expired    State = "expired"     // nobody confirmed: restored by the guard
	Rebooted   State = "ended by a reboot"
	Gone       State = "ended with its namespace"
	// Undone is what status says of values that are not confirmed and are the
	// old ones again: somebody has set them, or the disk was full when the
	// journal should have said so.
	Undone State = "undone"
	// Unseen is what status says of a change whose namespace is not found, while
	// there are processes that may not be looked at.
	Unseen State = "not found"
	// Damaged is a change whose journal cannot be read or believed.
	Damaged State = "damaged"
)

// Active reports whether the new values are meant to be there.
func (s State) Active() bool { return s == Pending || s == Applied || s == Confirmed }

// unsettled reports whether somebody was killed in the middle.
func (s State) unsettled() bool { return s == Applying || s == Confirming || s == Restoring }

// A Change is a plan that was applied, as its journal tells.
type Change struct {
	Header
	State   State
	Records []Record

	before State  // of a confirmation or a restoration that has not ended
	last   string // the key that was being written
	size   int64  // bytes of the journal that are whole
	torn   bool   // there are more behind them
}

// Began returns when the change was begun.
func (c *Change) Began() time.Time { return c.Records[0].At }

// replay goes through a journal. It need not be known whether a line is torn
// off behind it: cutting off nothing does no harm.
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
	case stepBegin: // before all others
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
