// SPDX-License-Identifier: Apache-2.0

// Package sampler looks at something at regular times.
//
// Each tick makes one pass, and each pass one immutable [Sample]. A watcher reads the
// newest sample and may miss some; a [Sink] receives every sample, in order. A pass
// that is too slow skips ticks; ticks never queue up. Passes that cost more than
// their share of the time stretch the interval, so that a tool that finds overload
// does not cause it. If a part can be looked at ([Sampler.Between]), that happens at
// the ticks in between. The sample records all of this.
package sampler
