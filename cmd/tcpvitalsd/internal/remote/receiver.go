// SPDX-License-Identifier: Apache-2.0

package remote

import "time"

// A Receiver is a store, and how it is reached.
type Receiver struct {
	// Name tells it from others, in metrics and in the name of its file.
	Name string
	// URL is where it takes what is written.
	URL string
	// Second asks for version 2 of the protocol, which is used where the receiver
	// confirms what it has written; otherwise version 1 is.
	Second bool
	// Timeout is how long one request may take.
	Timeout time.Duration
	// Labels are added to each series that does not have a label of that name.
	Labels map[string]string
	// Username and PasswordFile, or TokenFile, are who asks. The files are read for each
	// request, so that they can be changed.
	Username, PasswordFile, TokenFile string
	// CAFile has the authorities that are trusted, in place of those of the system.
	// CertFile and KeyFile are this program's own certificate. ServerName is the name
	// that the receiver's certificate must have, where it is not that of the URL.
	CAFile, CertFile, KeyFile, ServerName string
}
