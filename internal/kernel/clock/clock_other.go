// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package clock

import (
	"errors"
	"time"
)

func sinceBoot() (time.Duration, error) { return 0, errors.ErrUnsupported }
