// SPDX-License-Identifier: Apache-2.0

package archtest

// A Rule is one house rule.
type Rule struct {
	Name  string
	Check func(*Tree) []Violation
}

// Rules returns every house rule.
func Rules() []Rule {
	return []Rule{
		{"layers", checkLayers},
		{"separations", checkSeparations},
		{"lean program", checkLean},
		{"purity", checkPurity},
		{"privileged imports", checkPrivileged},
		{"libraries", checkLibraries},
		{"package comments", checkPackageComments},
		{"license line", checkLicenseLine},
		{"no init", checkNoInit},
		{"package state", checkPackageState},
		{"budget names", checkBudgetNames},
		{"one at a time", checkSingle},
		{"fuzz seeds", checkFuzzSeeds},
		{"decision records", checkDecisions},
		{"changelog fragments", checkFragments},
		{"strange words", checkStrangeWords},
		{"wording", checkWording},
		{"lists", checkLists},
		{"make targets", checkMakeTargets},
		{"links", checkLinks},
		{"exit codes", checkExitCodes},
		{"commands", checkCommands},
		{"openers", checkOpeners},
		{"reasons", checkReasons},
		{"encoders", checkEncoders},
		{"errors", checkErrors},
		{"twins", checkTwins},
		{"readers", checkReaders},
	}
}
