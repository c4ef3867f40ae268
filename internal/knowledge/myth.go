// SPDX-License-Identifier: Apache-2.0

package knowledge

// Myths returns the advice that is widespread and wrong, each with what is true.
func Myths() []Topic { return nil }
