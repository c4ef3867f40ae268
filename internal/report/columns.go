// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"github.com/tcpvitals/tcpvitals/internal/problem"
	"github.com/tcpvitals/tcpvitals/internal/query"
	"github.com/tcpvitals/tcpvitals/internal/socket"
)

// DefaultColumns are the columns of a list of sockets if none are requested.
const DefaultColumns = "state,recvq,sendq,local,sport,remote,dport"

// ParseColumns parses the names of fields, separated by commas; +a,b adds to
// [DefaultColumns]. The error is a [*problem.UsageError].
func ParseColumns(text string) ([]*socket.Field, error) {
	if more, ok := strings.CutPrefix(text, "+"); ok {
		text = DefaultColumns + "," + more
	}
	var columns []*socket.Field
	for name := range strings.SplitSeq(text, ",") {
		f, err := lookupField(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		columns = append(columns, f)
	}
	return columns, nil
}

func lookupField(name string) (*socket.Field, error) {
	if f, ok := socket.Lookup(name); ok {
		return f, nil
	}
	u := &problem.UsageError{
		Msg: fmt.Sprintf("unknown field %q", name), Hint: "the fields are " + strings.Join(FieldNames(), ", "),
		Zh: fmt.Sprintf("没有字段 %q", name), HintZh: "字段有 " + strings.Join(FieldNames(), "、"),
	}
	if near := query.NearestField(name); near != "" {
		u.Hint, u.HintZh = problem.DidYouMean(near)
	}
	return nil, u
}

// FieldsOf returns the columns as a set.
func FieldsOf(columns []*socket.Field) socket.FieldSet {
	var set socket.FieldSet
	for _, f := range columns {
		set.Add(f.ID)
	}
	return set
}

// FieldNames returns the names of all fields.
func FieldNames() []string {
	var names []string
	for f := range socket.Fields() {
		names = append(names, f.Name)
	}
	return names
}
