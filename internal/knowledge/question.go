// SPDX-License-Identifier: Apache-2.0

package knowledge

// Questions returns the questions that people ask, with their answers.
func Questions() []Topic { return nil }
