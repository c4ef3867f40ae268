// SPDX-License-Identifier: Apache-2.0

package listing

import (
	"bytes"
	"testing"

	"github.com/tcpvitals/tcpvitals/internal/listing/listingtest"
)

func generated(tb testing.TB, style listingtest.Style, n int) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := listingtest.Write(&b, style, n, listingtest.HowTo()); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func BenchmarkCount(b *testing.B) {
	for _, style := range []listingtest.Style{listingtest.Netstat, listingtest.SS, listingtest.Proc} {
		b.Run(string(style), func(b *testing.B) {
			data := generated(b, style, 100_000)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Count(bytes.NewReader(data), "bench"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRows(b *testing.B) {
	for _, style := range []listingtest.Style{listingtest.Netstat, listingtest.SS, listingtest.Proc} {
		b.Run(string(style), func(b *testing.B) {
			data := generated(b, style, 100_000)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range NewReader(bytes.NewReader(data), "bench").Rows() {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
