// SPDX-License-Identifier: Apache-2.0

package knowledge

// AskUnseen is [Index.Ask] as if nobody had asked these words before.
func (x *Index) AskUnseen(text string) []Hit { return x.ask(text, text) }
