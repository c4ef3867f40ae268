// SPDX-License-Identifier: Apache-2.0

// Gen writes a listing with the states of the old how-to to standard output.
//
//	go run ./internal/listing/listingtest/gen -style netstat -n 1000000 > listing.txt
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/tcpvitals/tcpvitals/internal/listing/listingtest"
)

func main() {
	style := flag.String("style", string(listingtest.Netstat), "netstat, ss or proc")
	n := flag.Int("n", 1_000_000, "how many rows")
	flag.Parse()
	if err := listingtest.Write(os.Stdout, listingtest.Style(*style), *n, listingtest.HowTo()); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
