// SPDX-License-Identifier: Apache-2.0

package hashwalk

import (
	"testing"
	"time"

	"github.com/tcpvitals/tcpvitals/internal/socket"
)

func TestFirst(t *testing.T) {
	w, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, q := range []Query{{By: []Key{{Field: socket.FieldState}}}, {By: []Key{{Field: socket.FieldLocalPort}, {Field: socket.FieldLocal}}, MaxRows: 100}} {
		t0 := time.Now()
		if err := w.Prepare(q); err != nil {
			t.Fatalf("%+v", err)
		}
		t.Log("prepare", time.Since(t0))
		for range 3 {
			r, err := w.Walk(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			rows := r.Rows
			r.Rows = nil
			t.Logf("%+v", *r)
			for _, row := range rows[:5] {
				t.Log(row.Socket.State, row.Socket.Netns, row.Socket.Local, row.Sockets)
			}
		}
	}
}
