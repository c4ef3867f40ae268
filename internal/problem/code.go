// SPDX-License-Identifier: Apache-2.0

package problem

// A Code names the reason why something could not be read. For each code
// internal/knowledge (reason.go) has a sentence in every language, with a blank for
// each argument: a new code needs a new sentence.
type Code string

// Denied means a source that this user may not read. Argument: the system's error.
const Denied Code = "denied"

// Said means a gap whose reason is an error of this program. Arguments: its text in
// English, in Chinese.
const Said Code = "said"

// NoFile means a file that this system does not have.
const NoFile Code = "no-file"

// Reasons about one line of a listing. Arguments: the line, the word concerned.
const (
	LineState        Code = "line-state"          // the state is unreadable
	LineStateColumn  Code = "line-state-column"   // the table has no column of states
	LineStateLeftOut Code = "line-state-left-out" // ss left the column of states out
	LineNoAddresses  Code = "line-no-addresses"   // the line ends before its addresses
	LineNoState      Code = "line-no-state"       // the line ends before its state
	LineLong         Code = "line-long"           // longer than a line may be; third argument: how long
	LineRepeated     Code = "line-repeated"       // the line says that it occurred several times
	LineBehindRow    Code = "line-behind-row"     // there may be another row behind it
	LineBeforeRow    Code = "line-before-row"     // there may be another row before it
	LineBehindHead   Code = "line-behind-heading" // there may be a row behind a heading
	LineBeforeHead   Code = "line-before-heading" // there may be a row before a heading
	LineBesideCount  Code = "line-beside-count"   // there may be another count beside it
	LineListens      Code = "line-listens"        // the line may be a setting with a port
	LineCutState     Code = "line-cut-state"      // its state may be the start of a longer one
	LineStrayWord    Code = "line-stray-word"     // a word beside its count may say what the number is of
	LineStrayTitle   Code = "line-stray-title"    // a word above counts may say what their numbers are of
	LineBadColumn    Code = "line-bad-column"     // a heading with a column that cannot be read
	LineStateColumns Code = "line-state-columns"  // a heading with several columns of states
	LineOpen         Code = "line-open"           // its brackets are not closed
	LineCutOff       Code = "line-cut-off"        // the text breaks off within it
	LineRows         Code = "line-rows"           // the line states a number of rows that differs from those read
	LineGoesOn       Code = "line-goes-on"        // the listing says that it goes on
	LineRowsBehind   Code = "line-rows-behind"    // there are rows behind a heading
	LineBrokeOff     Code = "line-broke-off"      // the listing says that it broke off
	LineLeftOut      Code = "line-left-out"       // the listing says that lines were left out
	LineColumns      Code = "line-columns"        // not as many columns as the heading
	LineNoCount      Code = "line-no-count"       // no count of a state
	LineNoNumber     Code = "line-no-number"      // no number, where the others have one
	LineBadNumber    Code = "line-bad-number"     // its number cannot be read
	LinePairs        Code = "line-pairs"          // a state without a number before it, or the other way round
	LineStateless    Code = "line-stateless"      // a socket without a state before it
	LineOtherTotal   Code = "line-other-total"    // the counts do not add up to it
	LineNotSockets   Code = "line-not-sockets"    // the line counts something else by states
	LineSeveral      Code = "line-several"        // a state has several numbers
	LineUnclear      Code = "line-unclear"        // it is unclear what the number counts
	LineLossy        Code = "line-lossy"          // the answer that was pasted had lost data
	LineProtocol     Code = "line-protocol"       // its protocol is unknown
	LineUnreadable   Code = "line-unreadable"     // no row and no count
	LineLikeRow      Code = "line-like-row"       // the line begins like a row and continues differently
)

// Reasons about a listing as a whole. "The first" stands for three arguments: "line"
// or "value", its number, its text.
const (
	MoreBroken     Code = "more-broken"     // how many more lines
	CommandLimits  Code = "command-limits"  // the first
	FoldedHosts    Code = "folded-hosts"    // the names
	CommandMixes   Code = "command-mixes"   // the first
	Rounded        Code = "rounded"         // how many, the first
	BlankInNumber  Code = "blank-in-number" // the first
	PointInNumber  Code = "point-in-number" // the first
	DotInNumber    Code = "dot-in-number"   // the first
	OlderNumber    Code = "older-number"    // the first
	PowerOfTen     Code = "power-of-ten"    // the first
	LineNumbers    Code = "line-numbers"
	CountNumbers   Code = "count-numbers"
	StateInARow    Code = "state-in-a-row"     // the first
	StateCodes     Code = "state-codes"        // the first
	NumberColumn   Code = "number-column"      // the column, the first
	OneSide        Code = "one-side"           // the mark of a diff that is before every row
	ImpossibleAddr Code = "impossible-address" // how many, the first
	DocumentLossy  Code = "document-lossy"
	DocumentPart   Code = "document-part" // the document says that it is a part of more
	DocumentCut    Code = "document-cut"
	OtherLines     Code = "other-lines"   // how many, the first
	OtherNumbers   Code = "other-numbers" // how many, the first
	Prefixes       Code = "prefixes"      // one, another
	SameTwice      Code = "same-twice"    // the line, how often
	StatesTwice    Code = "states-twice"  // the states, how often, how many states
	UnknownName    Code = "unknown-name"  // how many, the first
	SumLeftOut     Code = "sum-left-out"  // how many, the first
	OtherMoment    Code = "other-moment"  // how many, the first
	SecondsApart   Code = "seconds-apart" // how many, the first
	OtherTable     Code = "other-table"   // how many, the first
	Mixture        Code = "mixture"       // the formats in English, in Chinese
	CountsBeside   Code = "counts-beside" // how many lines, how many sockets
	HeadingAgain   Code = "heading-again" // the format, how often
	NoListeners    Code = "no-listeners"  // the program
	NoListenersOf  Code = "no-listeners-of-counts"
	OnlyConnected  Code = "only-connected"
	OnlyListening  Code = "only-listening"
	MaybeUDP       Code = "maybe-udp" // how many
	OneFamily      Code = "one-family"
	ShortAddresses Code = "short-addresses" // how many
	NamedAddresses Code = "named-addresses" // how many
	FormatBound    Code = "format-bound"    // the format
	FormatObjects  Code = "format-objects"  // the format
	CountsOnly     Code = "counts-only"
)

// Reasons of readers of the live host.
const (
	NoIPv6Table      Code = "no-ipv6-table"
	ProcessesDenied  Code = "processes-denied" // how many, of how many
	ProcessesRefused Code = "processes-refused"
	ProcessesHidden  Code = "processes-hidden" // the mount option
	NoProcesses      Code = "no-processes"
	ProcessesOutside Code = "processes-outside"
	NetnsDenied      Code = "netns-denied" // of how many processes
	NetnsMounts      Code = "netns-mounts" // in how many mount namespaces
	NetnsHeld        Code = "netns-held"   // its inode, how many sockets
	NetnsMany        Code = "netns-many"   // how many
	NetnsFew         Code = "netns-few"    // how many were looked at, how many not
	BoundNotShown    Code = "bound-not-shown"
	BoundUncertain   Code = "bound-uncertain" // what the system said
	BoundHeld        Code = "bound-held"      // how many
	UnknownState     Code = "unknown-state"
	ChainsUnsettled  Code = "chains-unsettled" // how many
	GroupsFull       Code = "groups-full"      // how many sockets
	Undecided        Code = "undecided"        // how many sockets
	UsersNameless    Code = "users-nameless"   // what the system said
	OwnersForgotten  Code = "owners-forgotten" // how many connections
	SessionOutside   Code = "session-outside"
	SessionUnread    Code = "session-unread"  // the pid, what the system said
	NoJournalLine    Code = "no-journal-line" // the file, the line
)

// Reasons of reading for a diagnosis.
const (
	NoQueueLimits      Code = "no-queue-limits"
	NoDrops            Code = "no-drops"
	NoHolders          Code = "no-holders"
	NoSomaxconn        Code = "no-somaxconn"
	UndecidedListeners Code = "undecided-listeners" // how many
	ListenersFull      Code = "listeners-full"      // how many, how many are kept
	LooksAtOne         Code = "looks-at-one"        // how many, the line of the second
	PartsOfOne         Code = "parts-of-one"        // the line of the second, its text
	SeveralMachines    Code = "several-machines"    // the line of the second, its text
	PartsUnclear       Code = "parts-unclear"       // how many, the line of the second, its text
	ManyPartsUnclear   Code = "many-parts-unclear"  // the same, how many of the first are judged
	ListenersRedacted  Code = "listeners-redacted"  // which side
	StayedRedacted     Code = "stayed-redacted"     // which side
	StayedNoBoot       Code = "stayed-no-boot"
	StayedOtherBoot    Code = "stayed-other-boot"
	StayedNoCookie     Code = "stayed-no-cookie" // how many connections, who read them
	ScopesDiffer       Code = "scopes-differ"    // one side, its scope, the other, its scope
	NoHostToCompare    Code = "no-host"          // why
	TemplateFile       Code = "template-file"    // how many lines have values to be filled in, the number of the first
	TaskFile           Code = "task-file"
)

// Reasons of a trace.
const (
	ClosedBefore     Code = "closed-before"      // seconds since it began, closes since
	ClosedBeforeSeen Code = "closed-before-seen" // the same, time-wait sockets seen, those that the kernel counts
	ClosersDropped   Code = "closers-dropped"    // how many, how many there is room for
	RingFull         Code = "ring-full"          // how many changes
	OwnersFull       Code = "owners-full"        // how many changes
	ProgramSkipped   Code = "program-skipped"    // how often
	StaysForgotten   Code = "stays-forgotten"    // of how many sockets
	NoResetReasons   Code = "no-reset-reasons"
	TracedRaw        Code = "traced-raw"
	TraceSampled     Code = "trace-sampled"
	TracePolled      Code = "trace-polled"      // how many looks
	TracePolledFull  Code = "trace-polled-full" // how many sockets, how many there is room for
	TimeWaitsMissed  Code = "time-waits-missed" // how many were seen, what the kernel counted, seconds after the beginning
	OpensMissed      Code = "opens-missed"      // the same of connect()
	AcceptsMissed    Code = "accepts-missed"    // the same of accepted connections
)

// OfProcesses reports whether a gap is about processes that could not be seen, and so
// about owners alone.
func (c Code) OfProcesses() bool {
	switch c {
	case ProcessesDenied, ProcessesRefused, ProcessesHidden, ProcessesOutside:
		return true
	default:
		return false
	}
}
